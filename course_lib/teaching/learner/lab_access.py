"""Who may talk to the lab's server: whoever has the token, from the server's own pages, whatever a configuration says.

Everybody who reaches the server can run code as the learner: another user of the machine by its port, a web page by the
learner's browser. A configuration that was written for another purpose (a container, an old tutorial) and switches the
token or the check of the origin off is therefore overridden, with a sentence; only an option of this very start, such
as `make lab ARGS="--IdentityProvider.token="`, is followed, and named. JupyterLab loads this module as an extension of
its server (`lab_settings/jupyter_server_config.d`), after it has read every configuration and before it listens.
"""

import secrets
from typing import Any

from jupyter_server.utils import origin_matches_pat

# Two origins that nobody names in earnest: a pattern that allows both allows every page.
ANYBODY = ("https://a.example", "http://192.0.2.1:81")


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "course_lib.teaching.learner.lab_access"}]


def _load_jupyter_server_extension(server: Any) -> None:
    for sentence in protect(server):
        print(sentence, flush=True)


def protect(server: Any) -> list[str]:
    """Switch the token and the check of the origin on again in a server that does not listen yet; what was done.

    server: a `jupyter_server.serverapp.ServerApp` after its `init_webapp`.
    """
    told = []
    identity, settings = server.identity_provider, server.web_app.settings
    if not identity.auth_enabled:
        if _given(server, "token", "PasswordIdentityProvider", "IdentityProvider", "LabApp", "NotebookApp"):
            told.append(_named("the token"))
        else:
            identity.token = secrets.token_hex(24)
            identity.token_generated = True  # so that the address that is shown holds it
            told.append(_overridden("the token") if identity.auth_enabled else _named("the token"))
    if server.disable_check_xsrf:
        if _given(server, "disable_check_xsrf"):
            told.append(_named("the check of where a request comes from (XSRF)"))
        else:
            server.disable_check_xsrf = settings["disable_check_xsrf"] = False
            told.append(_overridden("the check of where a request comes from (XSRF)"))
    pattern = server.allow_origin_pat
    if server.allow_origin == "*" or (pattern and all(origin_matches_pat(pattern, origin) for origin in ANYBODY)):
        if _given(server, "allow_origin") or _given(server, "allow_origin_pat"):
            told.append(_named("the check of the origin"))
        else:
            server.allow_origin = settings["allow_origin"] = ""
            server.allow_origin_pat = ""
            settings.pop("allow_origin_pat", None)
            told.append(_overridden("the check of the origin"))
    return told


def _given(server: Any, option: str, *sections: str) -> bool:
    """Whether the option stands on the command line of this start."""
    return any(option in server.cli_config.get(section, {}) for section in ("ServerApp", *sections))


def _overridden(what: str) -> str:
    return f"Your Jupyter configuration switches off {what}; the course's lab keeps it on."


def _named(what: str) -> str:
    return f"WARNING: {what} is off: whoever reaches this server can run code as you."
