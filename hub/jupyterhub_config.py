"""JupyterHub's configuration of this class; ``hub/inside.py`` starts the hub with it.

Loopback only. Accounts are the system's, checked by PAM, and every server runs as its owner.
"""

import os
import sys
from pathlib import Path

from tornado.web import RedirectHandler

from hub.people import COURSE, EVERYBODY, INSTRUCTOR, STATE, STUDENTS

c = get_config()  # noqa: F821 - given by traitlets

HUB = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
public, internal, proxy = map(int, os.environ["HUB_PORTS"].split())

# --- addresses and the hub's own files

c.JupyterHub.bind_url = f"http://127.0.0.1:{public}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{internal}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{proxy}"
c.ConfigurableHTTPProxy.command = [
    "node",
    str(HUB.parent / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"),
]
c.ConfigurableHTTPProxy.pid_file = "/run/proxy.pid"
c.JupyterHub.db_url = f"sqlite:///{STATE / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.JupyterHub.template_paths = [str(HUB / "templates")]
c.JupyterHub.template_vars = {"course_instructor": INSTRUCTOR}

# --- who may log in, and what for; nobody is an administrator of the hub

c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.open_sessions = False
c.Authenticator.allowed_users = set(EVERYBODY)
c.Authenticator.admin_users = set()

# nbgrader asks the hub by these names of groups who takes a course and who teaches it
TAKES, TEACHES = f"nbgrader-{COURSE}", f"formgrade-{COURSE}"
c.JupyterHub.load_groups = {
    TAKES: {"users": list(STUDENTS)},
    TEACHES: {"users": [INSTRUCTOR]},
}
# the instructor adds students to the course in formgrader: to this group, and no other
KEEPS_THE_CLASS = [f"list:groups!group={TAKES}", f"groups!group={TAKES}"]
c.JupyterHub.load_roles = [
    {"name": TEACHES, "groups": [TEACHES], "scopes": KEEPS_THE_CLASS},
    {
        # of these a server gets what its owner has: students' can't touch the group
        "name": "server",
        "scopes": [
            "access:servers!user",
            "users:activity!user",
            "read:users:groups!user",
            *KEEPS_THE_CLASS,
        ],
    },
]

# --- everybody's JupyterLab

c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [str(BIN / "jupyterhub-singleuser")]
c.Spawner.notebook_dir = "~"
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 180
c.Spawner.http_timeout = 180
c.Spawner.env_keep = ["PATH", "LANG", "TZ", "STORAGELAB_TRACKS"]


def for_their_role(spawner):
    """Give the instructor's server formgrader, and everybody's what students work with."""
    teaches = spawner.user.name == INSTRUCTOR
    role = "instructor" if teaches else "student"
    configs = [HUB / "config" / role, HUB / "config" / "everybody"]
    spawner.environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(map(str, configs))
    if teaches:
        # a template that sets formgrader's mathematics without another host
        spawner.environment["JUPYTER_PATH"] = str(HUB / "share" / "jupyter")
        spawner.default_url = "/formgrader"


c.Spawner.pre_spawn_hook = for_their_role

# Formgrader in a tab of its own (in JupyterLab's frame it stays blank) links to folders and files
# at the site's root; there they are their reader's own, in JupyterLab.
c.JupyterHub.extra_handlers = [
    (rf"/{page}/(.*)", RedirectHandler, {"url": "/hub/user-redirect/lab/tree/{0}"})
    for page in ("tree", "notebooks", "edit")
]
