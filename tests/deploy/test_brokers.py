"""What settings say about brokers, as the parts that connect are told it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy import brokers
from deploy.bench import mosquitto
from deploy.broker import free_port
from deploy.cli import build
from deploy.cluster import of_bridge
from deploy.commands._base import UserError
from deploy.commands._login import login
from deploy.doctor import examine
from deploy.settings import Settings, load
from ingest.rate import Limit

PASSWORD = "of the west"  # noqa: S105 - of no broker


def settings(folder: Path, text: str) -> Settings:
    """Return the settings that a file with this text holds."""
    config = folder / "wangge.toml"
    config.write_text(f'site = "site"\ndata = "data"\n{text}', encoding="utf-8")
    return load(config)


def test_one_broker(tmp_path: Path) -> None:
    """Without further sections the broker of the house is the only source; it hears what is published again."""
    made = settings(tmp_path, '[mqtt]\nhost = "a"\nclient_id = "w"\nsource = "home"\ntopics = ["t/#"]\n')
    home = brokers.home(made)

    assert list(made.brokers) == ["home"]
    assert (home.address, home.client_id, home.source, home.topics, home.tls) == (
        "a:1883",
        "w",
        "home",
        ("t/#", "wangge/redrive/up/#"),
        None,
    )
    assert brokers.epoch_limits(made).size == 100


def test_several_brokers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a name, a client id and a password of its own; a password may come as a variable."""
    monkeypatch.setenv("WANGGE_SOURCES__WEST__PASSWORD", PASSWORD)
    text = '[sources.west]\nhost = "b"\nusername = "u"\nwindow = 1000\n[sources.gateways]\nport = 1\ngroup = "g"\n'
    made = settings(tmp_path, text + 'topics = ["v3/#", "x"]\n')
    west, gateways = brokers.options(made, "west"), brokers.options(made, "gateways")

    assert list(made.brokers) == ["mqtt", "west", "gateways"]
    assert (west.address, west.client_id, west.source) == ("b:1883", "wangge-west", "west")
    assert (west.username, west.password) == ("u", PASSWORD)
    assert gateways.topics == ("$share/g/v3/#", "$share/g1/x")
    assert brokers.epoch_limits(made).size == 600


def test_bridge_shares(tmp_path: Path) -> None:
    """A bridge shares every subscription: in the group of the settings, or in that of the client id."""
    made = settings(tmp_path, '[mqtt]\ntopics = ["t"]\n[sources.west]\ntopics = ["t"]\ngroup = "g"\n')
    found = [of_bridge(brokers.options(made, name), "1") for name in made.brokers]

    assert [one.topics for one in found] == [
        ("$share/wangge/t", "$share/wangge1/wangge/redrive/up/#"),
        ("$share/g/t",),
    ]
    assert [one.client_id for one in found] == ["wangge-bridge-1", "wangge-west-bridge-1"]


def test_bridge_alone(tmp_path: Path) -> None:
    """A bridge that is the only one has subscriptions of its own, but for a group that the settings name."""
    made = settings(tmp_path, '[mqtt]\ntopics = ["#"]\n[sources.west]\ntopics = ["t"]\ngroup = "g"\n')
    alone, west = (of_bridge(brokers.options(made, name), "1", alone=True) for name in made.brokers)
    among_others = of_bridge(brokers.options(made, "mqtt"), "1")

    assert (alone.topics, alone.unwanted) == (("#",), ("$share/wangge/#",))
    assert (among_others.topics, among_others.unwanted) == (alone.unwanted, alone.topics)
    assert (west.topics, west.unwanted) == (("$share/g/t",), ())


@pytest.mark.parametrize(
    "text,told",
    [
        ("[sources.mqtt]\n", "sources.mqtt has the name of the broker under [mqtt]"),
        ("[sources.West]\n", "sources.West"),
        ("[sources.west]\nclient_id = 'x'\n", "sources.west.client_id: Extra inputs are not permitted"),
        ("[mqtt]\ntopics = []\n", "mqtt.topics"),
        ("[mqtt]\ntopic_frames_per_s = 0\n", "mqtt.topic_frames_per_s"),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, told: str) -> None:
    """What cannot be is told with its place."""
    with pytest.raises(UserError) as caught:
        settings(tmp_path, text)

    assert told in str(caught.value)


def test_certificates(tmp_path: Path) -> None:
    """TLS trusts the system or a file; a file that cannot be read is named with its section."""
    plain = settings(tmp_path, "[mqtt]\ntls = true\n")
    lost = settings(tmp_path, '[sources.west]\nca = "nowhere.pem"\n')
    ours = settings(tmp_path, '[mqtt]\ncertificate = "nowhere.pem"\n')

    assert brokers.home(plain).tls is not None
    with pytest.raises(UserError, match=r"sources\.west\.ca nowhere\.pem: not a readable file of certificates"):
        brokers.options(lost, "west")
    with pytest.raises(UserError, match=r"mqtt\.certificate nowhere\.pem, key in the same file: not a readable"):
        brokers.home(ours)


def test_rates(tmp_path: Path) -> None:
    """Every source has a limit for its topics; for itself only where the settings say so."""
    found = brokers.rates(settings(tmp_path, "[sources.west]\nframes_per_s = 50\nburst_s = 10\n"))

    assert found.topics == {"mqtt": Limit(500, 200), "west": Limit(500, 10)}
    assert found.sources == {"west": Limit(50, 10)}


def test_login_of_a_command(tmp_path: Path) -> None:
    """What the options do not say, the settings say; a password file needs a name."""
    config, password = tmp_path / "wangge.toml", tmp_path / "password"
    settings(tmp_path, f'[mqtt]\nhost = "a"\nusername = "u"\npassword = "{PASSWORD}"\n[sources.west]\nport = 5\n')
    password.write_text("another\n", encoding="utf-8")
    by_name = login("b:2", None, "v", password)

    assert login(None, None, None, None).address == "127.0.0.1:1883"
    assert (login(None, config, None, None).address, login(None, config, None, None).password) == ("a:1883", PASSWORD)
    assert login(None, config, None, None, "west").address == "127.0.0.1:5"
    assert login("b:2", config, None, None).username == "u"
    assert (by_name.address, by_name.username, by_name.password) == ("b:2", "v", "another")
    with pytest.raises(UserError, match="--password-file needs --username"):
        login(None, None, None, password)
    with pytest.raises(UserError, match="the password cannot be read"):
        login(None, None, "v", tmp_path / "nowhere")


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate of this machine and its key."""
    made = folder / "server.pem", folder / "server.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(made[0]), "-keyout", str(made[1])]
    subprocess.run(command, check=True, capture_output=True)
    return made


@pytest.mark.network
@pytest.mark.external
def test_name_password_and_tls(tmp_path: Path, site_folder: Path) -> None:
    """A broker that wants TLS and a password is well for doctor, and messages are published to it."""
    program = mosquitto.find()
    if program is None or shutil.which("openssl") is None:
        pytest.skip("mosquitto or openssl is not installed")
    server, key = certificate(tmp_path)
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "u", PASSWORD], check=True, capture_output=True)
    frames = tmp_path / "frames.ndjson"
    frames.write_text('{"topic": "t/x", "payload": "1"}\n', encoding="utf-8")
    guarded = free_port(0)
    lines = f"listener {guarded} 127.0.0.1\ncertfile {server}\nkeyfile {key}\npassword_file {passwords}\n"
    with mosquitto.running(window=1_000, options=f"{lines}allow_anonymous false") as plain:
        assert plain != guarded
        broker = f'[mqtt]\nport = {guarded}\nca = "{server}"\nusername = "u"\nwindow = 1000\n'
        made = settings(tmp_path, f'{broker}password = "{PASSWORD}"\n')
        wrong = settings(tmp_path, f'[sources.west]\nport = {guarded}\nca = "{server}"\n[mqtt]\nport = {guarded}\n')
        found = {one.part: one for one in examine(made)}
        missing = {one.part: one for one in examine(wrong)}
        settings(tmp_path, f'{broker}password = "{PASSWORD}"\n')
        published = CliRunner().invoke(build(), ["replay", str(frames), "--config", str(tmp_path / "wangge.toml")])

    assert found["mqtt"].ok, found["mqtt"]
    assert not missing["mqtt"].ok
    assert "mend username and password under [sources.west] (WANGGE_SOURCES__WEST__PASSWORD)" in (
        missing["sources.west"].detail
    )
    assert published.exit_code == 0, published.output
    assert "1 of 1 messages published" in published.output
