"""Faults in paths: the key to the six runs, and the known readings."""

from course_lib.teaching.exercises.kinds import find

_LOOK = {
    "sound": "does its distance fall in both directions, and as far as you can see?",
    "gradients add up": "do its swings keep their size, or do they become smaller?",
    "rate too large": "does it change sides in the steep direction at every single step, and grow?",
    "momentum too large": "are its swings slow, in both directions, and do they shrink?",
    "noise": "is there a level below which it never stays, and is its path irregular there?",
    "wrong sign": "does it leave without ever changing sides?",
}
KEY = {"A": "gradients add up", "B": "sound", "C": "rate too large", "D": "momentum too large", "E": "noise",
       "F": "wrong sign"}  # fmt: skip

READ_PATHS = find(
    "read_paths: Find the fault in a path | difficulty 2, 15 minutes",
    KEY,
    words=_LOOK,
    ask=_LOOK,
    synonyms={"sound": ("nothing is wrong", "right")},
    wrong="""
    swings_exchanged [A = momentum too large; D = gradients add up]: a reading that exchanges the two runs that swing
        | which of the two loses height from swing to swing?
    both_momentum [A = momentum too large]: a reading that takes every swing for momentum
        | with a momentum below 1, can a swing keep its size for ever?
    both_add_up [D = gradients add up]: a reading that takes every swing for gradients that add up
        | does a sum of all gradients ever forget one, and does run D forget?
    growth_exchanged [C = wrong sign; F = rate too large]: a reading that exchanges the two runs that leave
        | which of them changes sides at every step, and what does a wrong sign do to the sides?
    all_growth_is_rate [F = rate too large]: a reading that takes all growth for too large a rate
        | too large a rate overshoots: on which side is run F after a step?
    all_growth_is_sign [C = wrong sign]: a reading that takes all growth for a wrong sign
        | would a step up the slope change sides, as run C does?
    noise_is_rate [E = rate too large]: a reading that takes the restless run for too large a rate
        | does run E grow, and is it the same at every repetition?
    noise_is_sound: a reading that finds nothing in run E | below which distance does run E never stay, and run B?
        E = sound
    noise_and_sound_exchanged: a reading that exchanges run B and run E | which of the two comes as close as you like?
        B = noise; E = sound
    swing_is_rate [A = rate too large]: a reading that takes gradients that add up for too large a rate
        | how many steps does one swing of run A take?
    """,
    hints="""
    Ask first: does it come near, stay away, or leave?
    A sum of all gradients is momentum with factor 1: nothing slows it down.
    Too large a rate changes sides at every step. A wrong sign never does.
    """,
    not_tested="two faults in one run",
)
