"""The sixteen tests of a bench with a WEC-SPM target: what is not publicly known of it.

Amplifier off, an oscilloscope on the outputs, the tip far away from everything.
"""

from __future__ import annotations

from hardware.wec_fpga import bench_measured as measured
from seccm.commissioning.bench import Answer, BenchTest

YES, NO = "yes", "no"


def _either(yes: str, no: str, *, safe: str = YES) -> tuple[Answer, ...]:
    return Answer(YES, yes, safe in (YES, "both")), Answer(NO, no, safe in (NO, "both"))


TESTS: tuple[BenchTest, ...] = (
    BenchTest(
        "attach",
        "Attaching moves nothing",
        "The program runs on the target (`seccm rig power-up`); scope on ao0 to ao4. The program "
        "opens a session and closes it.",
        "All five outputs while it does so. A bitfile that differs from the loaded one is "
        "downloaded, and the outputs jump.",
        _either("no output moved", "an output moved when the session was opened"),
        safety=True,
        measured=measured.attach,
    ),
    BenchTest(
        "idle-rows",
        "Rows come while the target is idle",
        "The program reads rows while no line runs, and while it is paused. Then let another "
        "program that reads them stand still for a minute.",
        "Whether rows come in each case, and what is missing after the minute: whole rows, or "
        "words. The driver takes both, and flags what is missing.",
        _either("rows come while it is idle", "no rows come while it is idle"),
        safety=True,
        measured=measured.idle_rows,
    ),
    BenchTest(
        "row-age",
        "How soon a row reaches the computer",
        "The program lets the command jump by 10 mV and counts the rows until one shows it.",
        "The time: below 30 ms. Once on PCIe or USB as it will be used.",
        _either("below 30 ms", "30 ms or more"),
        safety=True,
        measured=measured.row_age,
        moves="the command (ao3) by 10 mV",
    ),
    BenchTest(
        "comparator",
        "What the comparators look at, and when",
        "A function generator on ai3; scope on it and on ao2. The program lets the tip come down "
        "by up to 1.5 um, in 15 s, until the current is a tenth of its range; step the generator "
        "past that meanwhile. Again with a spike of a tenth of a row, and with a step to just the "
        "threshold.",
        "From the step to the halt of ao2: one row as a rule, two at worst. Whether the spike "
        "stops it, and a signal that equals the threshold (a note).",
        (
            Answer("mean", "it halts within two rows; a short spike does not stop it", safe=True),
            Answer("last", "it halts within two rows; a short spike may stop it", safe=True),
            Answer("late", "it halts later than two rows, or not at all", safe=False),
        ),
        safety=True,
        measured=measured.comparator,
        moves="z down by up to 1.5 um, and back",
    ),
    BenchTest(
        "abort",
        "Every motion of z can be broken off",
        "The program moves z up slowly, and breaks the motion off in its middle.",
        "That ao2 halts, and stays. This driver never moves x or y in the same line.",
        _either("z halts within two rows", "z goes on"),
        safety=True,
        measured=measured.abort,
        moves="z up by 2 um, and back",
    ),
    BenchTest(
        "host-dies",
        "What the outputs do when the program, or the computer, dies",
        "The program lets z go up for half a minute: kill it (kill -9, Task Manager). Again halted "
        "(Ctrl-Z, a debugger), with a log-off, with the power button, and by pulling the USB "
        "cable. Then `seccm rig bench RIG --test host-dies` once more, to write down what you saw: "
        "answer no where it asks whether it may move z.",
        "ao0 to ao4 each time: they should hold, or z go to 0 V, which is retracted.",
        (
            Answer("hold", "the outputs hold, or z goes to its retracted end", safe=True),
            Answer("jump", "z goes towards the sample, or x and y jump with z low", safe=False),
        ),
        safety=True,
        measured=measured.host_dies,
        moves="z up by up to 3 um",
    ),
    BenchTest(
        "purge",
        "Whether stopping the queue of lines empties it on the target",
        "With another program that queues lines while the target is paused: stop and start the "
        "queue, then end the pause.",
        "Whether the lines still run. This driver does not rely on it.",
        _either("they are gone", "they still run", safe="both"),
    ),
    BenchTest(
        "tags",
        "Numbers of lines beyond 32767 in the rows",
        "After a scan of more than 32767 lines, look at the rows.",
        "Whether numbers wrap to negative ones, or stop. The driver takes both; where they stop, "
        "the latency of a contact is not stored. Whether LineNumber can be written as 0 while no "
        "line runs (a note): the driver never does.",
        _either("they wrap", "they stop at 32767", safe="both"),
    ),
    BenchTest(
        "hold-scale",
        "Whether holds can be counted in milliseconds",
        "With HoldTimerScale = 40000, a hold of 100.",
        "How long it takes. This driver uses microseconds only.",
        _either("100 ms", "something else", safe="both"),
    ),
    BenchTest(
        "together",
        "Voltages that change while z moves",
        "A line with z and a jump of V, of type 2; one with a jump of V and a hold.",
        "Whether both happen. This driver sends neither.",
        _either("both happen", "not both", safe="both"),
    ),
    BenchTest(
        "retract-type",
        "Word 8 of rows in a line of type 3",
        "A line of type 3 with another program.",
        "What word 8 of its rows is. This driver uses no such line.",
        _either("the type of the line", "something else", safe="both"),
    ),
    BenchTest(
        "row-time",
        "How long a row takes",
        "The program measures it, as whenever it opens the rig. Again with other sample_time and "
        "averaged, each after `seccm rig power-up`.",
        "Write it into the rig file as clock.row. Whether it is always 123 ticks more than the "
        "samples take (a note).",
        _either("it agrees with the rig file", "it does not agree yet", safe="both"),
        measured=measured.row_time,
    ),
    BenchTest(
        "volts",
        "What a code is in volts",
        "A voltmeter on ao0 to ao4, a calibrator on ai0 to ai7; send -9, 0 and 9 V. The program "
        "says what the position sensors show.",
        "Gain and offset of each, and which terminal is V1: the converters are not calibrated. "
        "Write them into the rig file.",
        _either("all of them are in the rig file", "one of them is not known"),
        safety=True,
        measured=measured.volts,
    ),
    BenchTest(
        "other-words",
        "Words 7, 10 and 11 of a row",
        "A signal of 1 Hz on ai5, ai6 and ai7, one after the other.",
        "Which word shows it. Needed only where [signals] reads these inputs.",
        _either("10, 7 and 11", "others", safe="both"),
        measured=measured.other_words,
    ),
    BenchTest(
        "two-hosts",
        "LabVIEW open at the same time",
        "Open LabVIEW's program beside this one, and read rows with both.",
        "Whether rows go missing here. The driver flags them, and refuses lines that it did not "
        "send.",
        _either("rows go missing", "none go missing", safe="both"),
    ),
    BenchTest(
        "own-stop",
        "What lets the target stop itself",
        'Look at "Internal Stop" after every fault that you meet.',
        "What set it. The driver reports it whenever it sees it.",
        _either("it was seen", "it was never seen", safe="both"),
    ),
)
