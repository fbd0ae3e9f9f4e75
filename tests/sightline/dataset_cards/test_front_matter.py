"""The YAML of a card says what the Hub needs, and nothing that can go stale."""

from __future__ import annotations

import pytest
import yaml

from sightline.dataset_cards.front_matter import as_yaml, front_matter, size_category
from sightline.errors import DatasetError


def _published(facts, media="none", **changes):
    return {**facts, "publication": {"repository": "org/name", "media": media, **changes}}


def test_a_person_finds_the_configs_first(built, told):
    """Keys in the order in which they are looked for."""
    assert list(front_matter(*told(built))) == [
        "configs",
        "language",
        "license",
        "pretty_name",
        "size_categories",
        "task_categories",
        "tags",
    ]


def test_configs_are_those_with_rows(built, told):
    """load_dataset cannot open one that has none; the questions are the default."""
    rules, facts = told(built)
    names = [config.name for config in rules.configs]
    found = front_matter(rules, facts)["configs"]
    assert [entry["config_name"] for entry in found] == names
    assert [entry.get("default") for entry in found] == [True, None, None]
    assert found[0]["data_files"] == [{"split": "test", "path": "questions/test-*"}]
    last = names[-1]
    facts["rows"][last] = 0
    assert [e["config_name"] for e in front_matter(rules, facts)["configs"]] == names[:-1]
    del facts["rows"][last]
    assert [e["config_name"] for e in front_matter(rules, facts)["configs"]] == names[:-1]


def test_the_readers_of_the_hub_take_it(built, told):
    """The classes that `datasets` and the Hub read cards with."""
    from datasets.info import DatasetInfosDict
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCardData

    head = yaml.safe_load(as_yaml(front_matter(*told(built))))
    data = DatasetCardData(**head)
    configs = MetadataConfigs.from_dataset_card_data(data)
    assert list(configs) == [entry["config_name"] for entry in head["configs"]]
    assert configs.get_default_config_name() == "questions"
    assert DatasetInfosDict.from_dataset_card_data(data) == {}


def test_the_yaml_is_what_was_meant(built, told):
    """Read back it is the same, and it ends in a line break."""
    head = front_matter(*told(built))
    text = as_yaml(head)
    assert yaml.safe_load(text) == head
    assert list(yaml.safe_load(text)) == list(head)
    assert text.endswith("\n")
    assert "---" not in text


@pytest.mark.parametrize(
    ("count", "category"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (8_521, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
    ],
)
def test_sizes_are_in_the_words_of_the_hub(count, category):
    """By the number of questions."""
    assert size_category(count) == category


def test_only_recordings_of_others_are_gated(tiny_mmsi, told):
    """A gate restates the terms of what is there; annotations and folders have none."""
    rules, facts = told(tiny_mmsi)
    key = "extra_gated_prompt"
    assert key not in front_matter(rules, facts)
    assert key not in front_matter(rules, _published(facts))
    titles = {source.name: source.title for source in rules.sources}
    one, other = list(titles)[:2]
    prompt = front_matter(rules, _published(facts, media=[one]))[key]
    assert f"{titles[one]}: {rules.source(one).terms}" in prompt
    assert f"{titles[other]}: " not in prompt
    prompt = front_matter(rules, _published(facts, media="all"))[key]
    assert all(f"{title}: " in prompt for title in titles.values())


@pytest.mark.parametrize("media", ["none", "all", ["egtea"]])
def test_streamgaze_is_never_gated(tiny_streamgaze, told, media):
    """Its annotations are CC BY, which takes no further conditions."""
    rules, facts = told(tiny_streamgaze)
    assert not [key for key in front_matter(rules, _published(facts, media)) if "gated" in key]


@pytest.mark.parametrize(
    "name", [None, 3, "", "name", "org/name/more", "org/na me", "../name", "org/..\n---", "org/n'"]
)
def test_a_repository_has_a_name_that_the_hub_gives(tiny_mmsi, told, name):
    """Anything else would stand in code that people copy."""
    rules, facts = told(tiny_mmsi)
    with pytest.raises(DatasetError, match=r"publication\.repository .* must be org/name"):
        front_matter(rules, _published(facts, repository=name))


def test_a_publication_is_an_object(tiny_mmsi, told):
    """Not a name alone."""
    rules, facts = told(tiny_mmsi)
    with pytest.raises(DatasetError, match="must be org/name"):
        front_matter(rules, {**facts, "publication": "org/name"})
