"""What the public repositories behind three of the documents hold, kept apart from what the documents state.

Only what was read in a repository stands here, with the file it was read in; nothing that was computed or inferred
afterwards. The names end in `_repository`, so that a quotation cannot take one for a source document.
"""

from course_lib.core.reports.record import Fact, Report, Table, table_from_text

_TRAIN = "train_v5_2_wikitext.py, commit 932a44b"
_LOG = "message of commit 932a44b, an earlier run of the same script with seed 42"
_TASK = "src/statistical_experiment_10_seeds.py"
_CAUSE = "src/analyze_30percent_cause.py"
_EXTRACT = "src/extract_super_golden_seed.py"
_README = "README.md of commit f0caf31, trace of the reproduction; not in later versions"

TEN_SEEDS = table_from_text(
    "ten_seeds",
    "Last training-batch loss of both models on the 10 seeds, and the improvement in percent",
    ("seed", "IIT loss", "baseline loss", "improvement"),
    """
    1   0.34914  0.40997  14.84%
    2   0.39342  0.43921  10.42%
    3   0.40992  0.36097  -13.56%
    4   0.42807  0.55387  22.71%
    5   0.37246  0.40903  8.94%
    6   0.62291  0.49682  -25.38%
    7   0.43800  0.32720  -33.86%
    8   0.33856  0.40977  17.38%
    9   0.33395  0.35719  6.51%
    10  0.24067  0.32680  26.36%
    """,
    "src/generate_readme_charts.py",
)

INFINITO = Report(
    "infinito_repository",
    "webtilians/principiodelTodo (INFINITO)",
    "2025-12-01",
    "github.com/webtilians/principiodelTodo at 9a2da8a",
    (
        Fact("words", "100", "distinct words of the generated text", _TRAIN),
        Fact("sentences", "5,000", "generated sentences per split, words drawn uniformly and independently", _TRAIN),
        Fact("shortest_sentence", "10", "words of the shortest sentence", _TRAIN),
        Fact("longest_sentence", "29", "words of the longest sentence", _TRAIN),
        Fact("weight_decay", "0.01", "weight decay of AdamW, on all parameters", _TRAIN),
        Fact("clip_norm", "1.0", "limit of the gradient norm", _TRAIN),
        Fact("lowest_rate", "1e-6", "floor of the cosine schedule", _TRAIN),
        Fact("schedule_epochs", "20", "epochs that the cosine schedule was laid out for", _TRAIN),
        Fact("dropout", "0.1", "dropout of attention weights and feed-forward layers", _TRAIN),
        Fact("patience", "3", "patience of early stopping, never reached", _TRAIN),
        Fact("other_run_epoch_1", "1294.81", "validation perplexity after epoch 1", _LOG),
        Fact("other_run_epoch_2", "451.88", "validation perplexity after epoch 2", _LOG),
        Fact("other_run_epoch_3", "198.49", "validation perplexity after epoch 3", _LOG),
        Fact("steps", "3,000", "training steps of each model in the seed study", _TASK),
        Fact("batch_size", "32", "sequences per step; the improvement compares the last training batch", _TASK),
        Fact("rate", "5e-4", "learning rate of the seed study", _TASK),
        Fact("super_golden_loss", "0.23646", "last-batch loss of the IIT model in the 54.35% run", _CAUSE),
        Fact("super_golden_baseline", "0.51803", "last-batch loss of its baseline, started from seed 42", _CAUSE),
        Fact("golden_file", "881,349", "bytes of models/golden_seed2_init.pt", "models/golden_seed2_init.pt"),
        Fact("super_golden_file", "882,679", "bytes of the file that holds the same 65 tensors again", _EXTRACT),
        Fact("gate_start", "-5.0000", "memory gate before training", _README),
        Fact("gate_end", "-4.9256", "memory gate after 3,000 steps", _README),
        Fact("real_perplexity", "212.22", "best validation perplexity on WikiText-2", "archive/train_log.txt"),
        Fact("real_perplexity_faster", "204.66", "the same after 5 epochs at rate 2e-4, batch 16", "log of that run"),
        Fact("real_parameters", "71,433,171", "parameters of that model", "archive/train_log.txt"),
        Fact("model_a", "216.46", "validation perplexity on WikiText-2, model A", "RESULTADOS_FINALES"),
        Fact("model_b", "207.15", "validation perplexity on WikiText-2, model B", "RESULTADOS_FINALES"),
        Fact("causal_baseline", "187.08", "the causal baseline without memory", "train_v5_2_baseline_no_iit.py"),
        Fact("utilization", "1.41%", "memory utilization printed for the run's model", "TEXT_GENERATION_RESULTS.md"),
        Fact("occupied_slots", "256/256", "memory slots printed as occupied", "TEXT_GENERATION_RESULTS.md"),
        Fact("phi", "0.93", "phi of the model trained on WikiText-2", "run on WikiText-2"),
        Fact("untrained_phi", "0.9325", "phi of a model before any training", "demonstration run"),
    ),
    (TEN_SEEDS,),
)

CONFUSION = Table(
    "confusion",
    "Confusion matrix of the image model on 400 validation images, rows are the true classes",
    ("true class", "NonDemented", "VeryMildDemented", "MildDemented", "ModerateDemented"),
    (
        ("NonDemented", "77", "17", "10", "0"),
        ("VeryMildDemented", "10", "78", "7", "0"),
        ("MildDemented", "2", "8", "78", "0"),
        ("ModerateDemented", "0", "0", "0", "113"),
    ),
    "final report of the image model",
)

ARCHITECTURES = Table(
    "architectures",
    "Best validation accuracy of short runs in percent; each architecture in four settings",
    ("architecture", "first", "second", "third", "fourth"),
    (
        ("ResNet50 + DenseNet121", "73.25", "73.00", "70.5", "69.0"),
        ("ResNet50", "72.25", "71.25", "69.25", "70.0"),
        ("EfficientNetV2-S", "71.0", "72.25", "67.75", "70.75"),
        ("MobileNetV3-L", "63.5", "58.25", "60.25", "62.25"),
    ),
    "architecture_comparison.csv",
)

_FINAL, _METRICS = "final report of the image model", "reports/training_metrics.csv"

NEURONET = Report(
    "neuronet_repository",
    "javiasanchi/NeuroNet_Fusion_GP_IEBS_Open_Source (NeuroNet-Fusion)",
    "",
    "github.com/javiasanchi/NeuroNet_Fusion_GP_IEBS_Open_Source at eeda8e7",
    (
        Fact("accuracy", "86.5%", "validation accuracy of the final report", _FINAL),
        Fact("kappa", "0.797", "Cohen's kappa as stated", _FINAL),
        Fact("auc", "0.898", "macro AUC as stated", _FINAL),
        Fact("first_best_epoch", "67", "epoch of the first 86.5%", _METRICS),
        Fact("train_loss_floor", "0.3499", "training loss at which the run flattens out", _METRICS),
        Fact("label_smoothing", "0.1", "label smoothing of the loss", "technical document"),
        Fact("temperature", "56.1 C", "temperature logged in each of the 100 rows", "log of the master run"),
    ),
    (CONFUSION, ARCHITECTURES),
)

_LISTING, _SPECIFICATION = "listing of the files", "technical specification (PDF)"

VELORA = Report(
    "velora_repository",
    "Velora04/Velora (VELORA)",
    "",
    "github.com/Velora04/Velora at 3e00eaf",
    (
        Fact("files", "96", "files of the repository", _LISTING),
        Fact("empty_files", "68", "files of zero bytes, all tests and data sets among them", _LISTING),
        Fact("vocabulary", "64,000", "tokens of the specified tokenizer", _SPECIFICATION),
        Fact("target_operation_accuracy", "> 98%", "target, not a result", _SPECIFICATION),
        Fact("target_domain_accuracy", "> 97%", "target, not a result", _SPECIFICATION),
    ),
)

REPORTS = (INFINITO, NEURONET, VELORA)
