"""nbgrader's configuration of everybody in the hub: the course's own, and who is in it."""

from pathlib import Path

from nbgrader.auth import JupyterHubAuthPlugin

c = get_config()  # noqa: F821 - given by traitlets

load_subconfig(str(Path(__file__).resolve().parents[3] / "nbgrader_config.py"))  # noqa: F821

c.Authenticator.plugin_class = JupyterHubAuthPlugin

# Students see when an assignment is due, and are warned before they hand in late.
c.ExchangeFactory.release_assignment = "storagelab.exchange.Release"
c.ExchangeFactory.submit = "storagelab.exchange.Submit"

# What a kernel is sent and prints, hidden tests among it, goes to whoever asks at its port, and
# on one machine everybody can: so it is encrypted. JupyterLab's kernels are told so in
# jupyter_server_config.json.
c.KernelManager.transport_encryption = "required"
