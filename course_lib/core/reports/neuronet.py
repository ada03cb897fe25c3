"""What the training log of NeuroNet-Fusion states: best validation accuracy 86.75 %."""

from course_lib.core.reports.record import Fact, Report, Table

MILESTONES = Table(
    "milestones",
    "Validation accuracy and loss of the ResNet50 run; the log's column of remarks is left out",
    ("milestone", "epoch", "val accuracy", "val loss"),
    (
        ("start", "0", "39.50%", "1.35"),
        ("adjustment", "20", "54.25%", "0.97"),
        ("break", "35", "56.75%", "0.90"),
        ("current", "43", "56.75%", "0.89"),
    ),
    "evolution of the metrics",
)

SNAPSHOT = Table(
    "snapshot",
    "Terminal line of epoch 43",
    ("split", "accuracy", "loss"),
    (("val", "0.567", "0.896"), ("train", "0.538", "0.929")),
    "terminal snapshots",
)

_SETUP, _USE, _SHOT = "session of 12:25", "computing cost", "terminal snapshots"
_STATE, _CUDA, _MASTER = "system state", "migration at 14:28", "master run at 17:40"

FACTS = (
    Fact("best_accuracy", "86.75%", "best validation accuracy of the fusion model", _MASTER),
    Fact("final_loss", "~0.02-0.04", "loss of the last epochs", _MASTER),
    Fact("earlier_barrier", "73%", "accuracy that the fusion model is said to have passed", _MASTER),
    Fact("stable_temperature", "60 C", "GPU temperature in the critical phases", _MASTER),
    Fact("backbones", "ResNet50 + DenseNet121", "the two networks that are fused", _MASTER),
    Fact("batch_size", "128", "batch of the ResNet50 run", "evolution of the metrics"),
    Fact("loss_barrier", "0.90", "validation loss passed at epoch 35", "evolution of the metrics"),
    Fact("memory_size", "16 GB", "memory of the GPU", _SETUP),
    Fact("gpu", "RTX 4070", "GPU of the session", _SETUP),
    Fact("precision", "FP16", "mixed precision", _SETUP),
    Fact("rotation", "15 degrees", "largest rotation of the augmentation", _SETUP),
    Fact("shear", "10", "shear of the augmentation", _SETUP),
    Fact("gpu_temperature", "61 C", "GPU temperature while training", _USE),
    Fact("temperature_limit", "65 C", "limit at which the thermal callback pauses", _USE),
    Fact("memory_used", "10,170 MB", "GPU memory in use", _USE),
    Fact("gpu_use", "~51%", "GPU utilization", _USE),
    Fact("epoch_seconds", "~15 s", "time of an epoch", _USE),
    Fact("steps_per_epoch", "50", "steps of an epoch in the progress bar", _SHOT),
    Fact("last_epoch", "99", "last epoch number of the progress bar", _SHOT),
    Fact("speed", "3.32 it/s", "steps per second in the progress bar", _SHOT),
    Fact("progress", "100%", "progress bar at the end of the epoch", _SHOT),
    Fact("gpu_use_range", "45-55%", "GPU utilization, second statement", _STATE),
    Fact("memory_used_again", "4.2 GB", "GPU memory in use, second statement", _STATE),
    Fact("loader_saving", "80%", "reduction of the start-up time of the data loader", _STATE),
    Fact("cuda", "12.1", "CUDA version", _CUDA),
)

REPORT = Report(
    "neuronet",
    "NeuroNet-Fusion: training log",
    "",
    "002_2e260f43a8d611a6.txt",
    FACTS,
    (MILESTONES, SNAPSHOT),
)
