"""Attention equals torch's own, is causal where it says so, and both forms of the block are what their names say."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib.infinito.config import TINY
from course_lib.infinito.model import Attention, Block, attention_weights

X = torch.randn(3, 7, 64, generator=torch.Generator().manual_seed(0))


def attention(**changes) -> Attention:
    torch.manual_seed(1)
    return Attention(replace(TINY, **changes)).eval()


@pytest.mark.parametrize("causal", [True, False])
def test_attention_equals_that_of_torch(causal):
    ours = attention(causal=causal)
    theirs = nn.MultiheadAttention(64, 4, batch_first=True).eval()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]))
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    mask = nn.Transformer.generate_square_subsequent_mask(7) if causal else None
    expected, weights = theirs(X, X, X, attn_mask=mask, average_attn_weights=False)
    torch.testing.assert_close(ours(X), expected)
    torch.testing.assert_close(ours.weights(X), weights)


@pytest.mark.parametrize("causal", [True, False])
def test_the_readable_weights_give_what_the_fast_kernel_gives(causal):
    torch.testing.assert_close(
        attention(causal=causal, keep_attention_maps=True)(X), attention(causal=causal)(X), rtol=1e-5, atol=1e-6
    )


def test_rows_of_the_matrix_sum_to_one_and_a_causal_one_has_nothing_above_the_diagonal():
    query, key = torch.randn(2, 4, 5, 8), torch.randn(2, 4, 5, 8)
    for causal in (True, False):
        weights = attention_weights(query, key, causal=causal)
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 5))
        assert bool((weights.triu(1) == 0).all()) is causal


def test_the_reported_matrix_has_dropout_while_training_only():
    layer = attention(attention_dropout=0.5)
    assert torch.equal(layer(X), layer(X))
    layer.train()
    assert not torch.equal(layer(X), layer(X))


def test_kept_maps_become_part_of_the_checkpoint_and_a_strict_load_fails():
    layer, fresh = attention(keep_attention_maps=True), attention(keep_attention_maps=True)
    assert "last_attention_weights" not in layer.state_dict()
    layer(X)
    assert layer.state_dict()["last_attention_weights"].shape == (3, 4, 7, 7)
    with pytest.raises(RuntimeError, match="last_attention_weights"):
        fresh.load_state_dict(layer.state_dict())
    assert "last_attention_weights" not in attention().state_dict()


def test_post_norm_normalizes_the_sum_and_pre_norm_leaves_it_alone():
    after, before = Block(replace(TINY, pre_norm=False)).eval(), Block(TINY).eval()
    out = after(100 * X)
    torch.testing.assert_close(out.mean(-1), torch.zeros(3, 7), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.var(-1, correction=0), torch.ones(3, 7), atol=1e-3, rtol=0)
    # A branch sees the normalized input, so that a larger input is carried through beside an equal branch.
    torch.testing.assert_close(before(100 * X) - 100 * X, before(X) - X, atol=0.2, rtol=0)
    assert before(100 * X).std() > 90
