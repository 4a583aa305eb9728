"""The Chromium that tests and benchmarks drive, and how it is started."""

from __future__ import annotations

import os
import shutil
from typing import TypedDict

# Chromium's own errands (updates, safe browsing) would be refused by a closed network, noisily.
_QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# no name or number of another machine leads anywhere, without a look at each request
_THIS_MACHINE_ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
SWITCHED_OFF = (
    # pages for what drops down from the address bar, which nobody sees: more work than ours
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # Playwright's own, for of two such lists Chromium heeds the last
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
"""Features of Chromium that tests and benchmarks do without."""
# pictures that two machines agree on
_SAME_EVERYWHERE = [
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--disable-font-subpixel-positioning",
    "--force-color-profile=srgb",
    "--force-device-scale-factor=1",
]
NOT_IN_TWO_SECONDS = "[anywidget] Failed to initialize model."
"""What anywidget says of a widget whose script took longer on a busy machine; it is drawn then."""


def find_program(variable: str, *names: str) -> str | None:
    """Return the path that a variable of the environment names, or that of the first of names."""
    named = os.environ.get(variable)
    return next(filter(None, map(shutil.which, [named] if named else names)), None)


def find_chromium() -> str:
    """Return the path of a Chromium; ``FileNotFoundError`` says what to install."""
    path = find_program("STORAGELAB_CHROMIUM", "chromium", "chromium-browser", "google-chrome")
    if path is not None:
        return path
    raise FileNotFoundError(
        "Chromium is needed: run `make chromium`, `apt-get install chromium`, or set "
        "STORAGELAB_CHROMIUM to the path of one."
    )


class LaunchOptions(TypedDict):
    """What Playwright starts Chromium with."""

    executable_path: str
    args: list[str]
    ignore_default_args: list[str]


def launch_options(for_pictures: bool = False) -> LaunchOptions:
    """Return what Playwright starts Chromium with."""
    flags = [*_QUIET, _THIS_MACHINE_ALONE, *(_SAME_EVERYWHERE if for_pictures else ())]
    flags.append(f"--disable-features={','.join(SWITCHED_OFF)}")
    if os.getuid() == 0:
        flags.append("--no-sandbox")
    return {
        "executable_path": find_chromium(),
        "args": flags,
        # Playwright hides them, and nobody would see one that shouldn't be there
        "ignore_default_args": ["--hide-scrollbars"] if for_pictures else [],
    }
