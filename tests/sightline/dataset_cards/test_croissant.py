"""Croissant's own library validates our description and reads every record by it."""

from __future__ import annotations

import json
import shutil
import socket

import pytest

from sightline.dataset_cards.croissant import croissant

mlcroissant = pytest.importorskip("mlcroissant", reason="needs sightline[dev]")
# mlcroissant's own dependencies warn of each other.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The inplace keyword"),
]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("nothing may be fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def _published(facts, media):
    return {**facts, "publication": {"repository": "org/name", "media": media}}


def _by_id(document):
    """Every node that has an @id, by it; what only refers to another is left out."""
    found, left = {}, [document]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            if "@id" in node and "@type" in node:
                assert node["@id"] not in found
                found[node["@id"]] = node
            left += node.values()
        elif isinstance(node, list):
            left += node
    return found


def test_every_record_is_read_by_it(built, told, tmp_path):
    """As many as build.json says, from a folder, without a network."""
    rules, facts = told(built)
    folder = tmp_path / "dataset"
    shutil.copytree(built, folder)
    (folder / "croissant.json").write_text(croissant(rules, facts), encoding="utf-8")
    found = mlcroissant.Dataset(folder / "croissant.json")
    assert not found.metadata.ctx.issues.errors
    for config in rules.configs:
        records = list(found.records(config.name))
        assert len(records) == facts["rows"][config.name]
        assert set(records[0]) == {f"{config.name}/{column}" for column in config.features}
    first = next(iter(found.records("questions")))
    assert first["questions/id"].decode() in ("question_0000", "gsm-0001", "nfi-0001")


@pytest.mark.parametrize("media", ["none", "all", ["x"]])
def test_a_repository_is_described(built, told, media):
    """Valid too; recordings are named only where there are some."""
    rules, facts = told(built)
    document = json.loads(croissant(rules, _published(facts, media)))
    found = mlcroissant.Dataset(document)
    assert not found.metadata.ctx.issues.errors
    assert document["url"] == "https://huggingface.co/datasets/org/name"
    nodes = _by_id(document)
    assert ("recordings" in nodes) is (media != "none")
    assert {nodes[f"files-{c.name}"]["containedIn"]["@id"] for c in rules.configs} == {"repository"}


def test_tables_have_their_checksums(built, told):
    """Size and SHA-256 of build.json, and an address."""
    rules, facts = told(built)
    nodes = _by_id(json.loads(croissant(rules, _published(facts, "none"))))
    tables = [name for name in facts["files"] if name.endswith(".parquet")]
    assert len(tables) == 3
    for name in tables:
        file = facts["files"][name]
        assert nodes[name]["sha256"] == file["sha256"]
        assert nodes[name]["contentSize"] == f"{file['bytes']} B"
        address = f"https://huggingface.co/datasets/org/name/resolve/main/{name}"
        assert nodes[name]["contentUrl"] == address
    assert _by_id(json.loads(croissant(rules, facts)))[tables[0]]["contentUrl"] == tables[0]


def test_keys_and_references_are_those_of_the_rules(built, told):
    """Each leads to a field that is there."""
    rules, facts = told(built)
    nodes = _by_id(json.loads(croissant(rules, facts)))
    for config in rules.configs:
        keys = [key["@id"] for key in nodes[config.name]["key"]]
        assert keys == [f"{config.name}/{column}" for column in config.key]
        assert set(keys) <= set(nodes)
    for reference in rules.references:
        field = nodes[f"{reference.config}/{reference.column.replace('.', '/')}"]
        to = f"{reference.to_config}/{reference.to_column}"
        assert field["references"] == {"field": {"@id": to}}
        assert to in nodes


def test_columns_say_what_they_are(built, told):
    """Every leaf with the words of the rules, unit included."""
    rules, facts = told(built)
    nodes = _by_id(json.loads(croissant(rules, facts)))
    for config in rules.configs:
        for path, what in config.fields.items():
            assert nodes[f"{config.name}/{path.replace('.', '/')}"]["description"] == what


def test_a_config_that_is_not_there_is_not_referred_to(tiny_mmsi, told):
    """Annotations alone have no frames."""
    rules, facts = told(tiny_mmsi)
    del facts["rows"]["frames"]
    facts["files"] = {k: v for k, v in facts["files"].items() if not k.startswith("frames/")}
    document = json.loads(croissant(rules, _published(facts, "none")))
    nodes = _by_id(document)
    assert not mlcroissant.Dataset(document).metadata.ctx.issues.errors
    assert "frames" not in nodes
    assert "references" not in nodes["questions/clips/clip_id"]
    assert "references" in nodes["questions/clips/video_path"]


def test_terms_and_people_are_told(built, told):
    """Licence, citation, what it is for and who is to be seen."""
    rules, facts = told(built)
    document = json.loads(croissant(rules, facts))
    kind = "by-nc" if rules.benchmark == "mmsi-video" else "by"
    assert document["license"] == f"https://creativecommons.org/licenses/{kind}/4.0/"
    assert document["citeAs"] == rules.pretty["citation"]
    assert "not for training" in document["rai:dataUseCases"]
    assert "bystanders" in document["rai:personalSensitiveInformation"]
    assert "rai:dataCollection" in document


def test_it_is_the_same_each_time(built, told):
    """No date, no order of chance, a line break at the end."""
    rules, facts = told(built)
    assert croissant(rules, facts) == croissant(*told(built))
    assert croissant(rules, facts).endswith("}\n")
