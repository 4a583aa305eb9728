"""Work that takes too much: time, output, memory, disk, processes; and what is left running."""

from __future__ import annotations

from tests.sandgrader.hostile.case import Case, Notebooks, insert_after, lost, right

ENDLESS = lost("decide", "its cell never gets to the answer")
REFUSED = lost("decide", "its cell is refused what it takes, before the answer")
TOO_MUCH = "it would take the machine with it: stock nbgrader has no such limit"

LEFT = "storagelab-left-behind"
"""What a process that is left behind is called, so that a test can look for it."""
TIME_OVER = "its cell isn't run: the time of the submission is over"
NOT_RUN = {
    **lost("conclude law runs decide", TIME_OVER, "pipeline"),
    **lost("conclude law decide interval", TIME_OVER, "checkpoint"),
}


def _wait_in_every_cell(notebooks: Notebooks) -> None:
    for number in range(300):
        source = "import time\n\ntime.sleep(86400)"
        insert_after(notebooks["access"], "reflection", source, f"waits-{number}")


PACK = [
    right(
        "loop_endless",
        "never stops",
        "while True:\n    pass",
        loses=ENDLESS,
    ),
    right(
        "loop_in_law",
        "never stops in the tested function",
        law="while True:\n    pass",
        loses=lost("law", "the function never returns"),
    ),
    right(
        "loop_deaf",
        "never stops and swallows every interrupt",
        "import signal\n\nfor number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
        loses=ENDLESS,
    ),
    right(
        "loop_in_c",
        "never stops, inside C code that looks at no signal",
        "import itertools\n\nsum(itertools.repeat(0))",
        loses=ENDLESS,
    ),
    right(
        "loop_huge_power",
        "computes a power with a billion digits",
        "huge = 3 ** (3**20)",
        loses=ENDLESS,
    ),
    right(
        "loop_sleeps",
        "waits for a day, and catches the interrupt to wait again",
        "import time\n\nwhile True:\n    try:\n        time.sleep(86400)\n"
        "    except KeyboardInterrupt:\n        pass",
        loses=ENDLESS,
    ),
    Case(
        "time_of_all_cells",
        "waits a day in each of 300 cells behind the answers of the first notebook",
        spoil=_wait_in_every_cell,
        loses=NOT_RUN,
        not_by_stock="it would wait for most of an hour: stock nbgrader only limits a cell",
    ),
    right(
        "processor_of_a_child",
        "leaves a child running that keeps a processor busy",
        f"""
import subprocess, sys
code = "while True: pass"
subprocess.Popen([sys.executable, "-c", code], env={{"NAME": "{LEFT}"}})
""",
        at="lock",
    ),
    right(
        "output_endless",
        "prints without an end",
        "while True:\n    print('y' * 10_000)",
        loses=ENDLESS,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "output_endless_stderr",
        "prints without an end on standard error, below Python too",
        "import os, sys\n\nwhile True:\n    print('y' * 10_000, file=sys.stderr)\n"
        "    os.write(2, b'y' * 10_000)",
        loses=ENDLESS,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "output_endless_display",
        "displays without an end",
        "from IPython.display import HTML, display\n\nwhile True:\n"
        "    display(HTML('<b>y</b>' * 10_000))",
        loses=ENDLESS,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "output_endless_child",
        "starts a child that prints without an end, and waits for it",
        "import subprocess\n\nsubprocess.run(['yes'])",
        loses=ENDLESS,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "output_huge_repr",
        "ends an answer's cell with an object whose text has 100 MB",
        "class Big:\n    def __repr__(self):\n        return 'y' * 100_000_000\n\nbig = Big()\nbig",
        at="reflection",
    ),
    right(
        "output_huge_html",
        "displays 30 MB of HTML beside right work",
        "from IPython.display import HTML, display\n\ndisplay(HTML('<i>y</i>' * 4_000_000))",
    ),
    right(
        "memory_20_gb",
        "fills 20 GB of memory",
        "hoard = []\nfor _ in range(20 * 64):\n    hoard.append(b'y' * 2**24)",
        loses=REFUSED,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "memory_children",
        "fills memory from forty children at once",
        "import os\n\nfor _ in range(40):\n    if os.fork() == 0:\n        hoard = []\n"
        "        try:\n            while True:\n                hoard.append(b'y' * 2**24)\n"
        "        finally:\n            os._exit(0)\n"
        "while True:\n    os.wait()",
        loses=REFUSED,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "disk_5_gb",
        "writes a file of 5 GB beside the notebook, and more of them elsewhere",
        "import os\n\nfor folder in ('.', '/tmp', '/dev/shm', '/var/tmp'):\n    try:\n"
        "        with open(os.path.join(folder, 'hoard.bin'), 'wb') as file:\n"
        "            for _ in range(5 * 64):\n                file.write(b'y' * 2**24)\n"
        "    except OSError as error:\n        refused = error\nraise refused",
        loses=REFUSED,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "disk_many_files",
        "makes small files without an end",
        "import os\n\nnumber = 0\nwhile True:\n    number += 1\n"
        "    os.close(os.open(f'file{number}', os.O_CREAT | os.O_WRONLY))",
        loses=ENDLESS,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "fork_bomb",
        "forks without an end",
        "import os\n\nwhile True:\n    os.fork()",
        loses=REFUSED,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "thread_bomb",
        "starts threads without an end",
        "import threading, time\n\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()",
        loses=REFUSED,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "threads_left",
        "leaves threads running, one of which the interpreter waits for",
        "import threading, time\n\ndef wait():\n    while True:\n        time.sleep(1)\n\n"
        "threading.Thread(target=wait).start()\n"
        "threading.Thread(target=wait, daemon=True).start()",
        at="lock",
    ),
    right(
        "process_left",
        "leaves a child running",
        f"import subprocess\n\nsubprocess.Popen(['sleep', '3600'], env={{'NAME': '{LEFT}'}})",
        at="lock",
    ),
    right(
        "daemon_left",
        "leaves a daemon running, in a session of its own, that goes on writing files",
        f"""
import subprocess, sys
code = '''
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            open("still-here", "a").write("y")
            time.sleep(0.1)
'''
subprocess.run([sys.executable, "-c", code], env={{"NAME": "{LEFT}"}})
""",
        at="lock",
    ),
    right(
        "network",
        "downloads the number that an answer needs",
        "import urllib.request\n\n"
        "urllib.request.urlopen('http://storage-figures.invalid/times_faster').read()",
        at="conclude",
        loses=lost("conclude", "its cell stops at the network, which isn't there"),
    ),
    right(
        "network_loopback",
        "looks for a server on the own machine's ports, and for the grader's",
        """
import socket
answering = []
for port in (22, 80, 5432, 8000, 8080, 8786, 8787, 8888):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        answering.append(port)
    except OSError:
        pass
for path in ("/var/run/docker.sock", "/run/postgresql/.s.PGSQL.5432"):
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        answering.append(path)
    except OSError:
        pass
if answering:
    raise RuntimeError(f"somebody answers: {answering}")
""",
        at="law",
    ),
    right(
        "asks_for_input",
        "asks somebody at the keyboard for the answer",
        "typed = input('Which format? ')",
        loses=lost("decide", "nobody is there to answer"),
    ),
]
