"""The order in which images are split, scaled, changed and trained on: its lines and the known mistakes."""

from course_lib.teaching.exercises.kinds import lettered, order

# Shown in this order; three lines are not needed.
LINES = lettered("""
    A  x = scale.transform(x)
    B  images, labels = with_changed_copies(images, labels, rng)
    C  for rows in batches_of(split.train, rng):
    D  scale = Standardizer.fit(images)
    E  split = split_indices(labels, seed=0)
    F  x = changed(images[rows], rng)
    G  for epoch in range(epochs):
    H  scale = Standardizer.fit(images[split.train])
    I  training_step(model, x, labels[rows])
    J  x = changed(images[split.test], rng)
""")
_COPIES = "on which side of the split are the other copies of a test image?"
_OF_ALL = "what do the mean and the deviation then know of the test part?"
_ROWS = "F reads `rows`: which line makes them?"

ORDER_AUGMENTATION = order(
    "order_augmentation: Split, scale, change, train",
    LINES,
    "EHGCFAI",
    also="""
    scale_again [{EGHCFAI|EGCHFAI|EGCFHAI}]: it works, and fits the same scale again in every round of a loop
    split_again [{GEHCFAI|GECHFAI|GECFHAI}]: it works, and makes the same split again in every epoch
    """,
    wrong=f"""
    copies_before_split [BEHGCAI]: a program that makes the copies before the split | {_COPIES}
    copies_and_changes [BEHGCFAI]: a program that makes copies before the split, and changes them again | {_COPIES}
    scale_of_all [EDGCFAI]: a program that standardizes with all images | {_OF_ALL}
    scale_before_split [DEGCFAI]: a program that fits the scale before it splits | {_OF_ALL}
    fit_before_split: a program that fits the scale on a training part that is not there yet | which line makes `split`?
        HEGCFAI
    scaled_then_changed [EHGCAFI]: a program that scales something that is not there yet, and then throws it away
        | which line makes the `x` that is scaled, and what does the line F do to it?
    changed_once [EHCFAGI]: a program that changes a batch once, and trains on it in every epoch
        | how many versions of an image does the network get to see?
    loops_swapped [EHCGFAI]: a program with the loop over epochs inside that over batches
        | after how many images has the first epoch seen all of them?
    changed_before_batches [EHGFCAI]: a program that changes the rows of a batch before there is one | {_ROWS}
    x_before_batches [EHAGFCI]: a program that makes x before the loop that has the rows for it | {_ROWS}
    not_changed [EHGCAI]: a program without augmentation | which line makes the `x` that is scaled?
    not_scaled [EHGCFI]: a program that fits a scale and does not use it | which line uses `scale`?
    test_changed [EHGCFAIJ]: a program that changes the test images as well | what are the test images to stand for?
    trained_on_test [EHGCJAI]: a program that trains on changed test images | whose labels are labels[rows]?
    """,
    unwanted={
        "B": f"B sees all images: {_COPIES}",
        "D": f"D sees all images: {_OF_ALL}",
        "J": "J changes test images: what are they to stand for?",
    },
    rules=f"""
    E H: H reads `split`: which line makes it?
    E C: C reads `split`: which line makes it?
    C F: {_ROWS}
    C I: I reads `rows`: which line makes them?
    H A: A reads `scale`: which line makes it?
    F A: A reads `x`: which line makes it?
    A I: I trains on `x`: which line gives it its last form?
    G C: after how many images has the first epoch seen all of them?
    """,
    hints="""
    What comes first: that after which no line may look at all images together.
    A new version of an image is wanted in every epoch, so it is made inside both loops.
    `changed` fills up with 0, which is paper as long as the pixels are not scaled.
    """,
    not_tested="the indentation: every line belongs to the loop that was opened last before it",
)
