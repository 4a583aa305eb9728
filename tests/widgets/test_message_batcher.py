"""A move sends one message, and the browser holds the same state as without the batcher."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pytest
from ipywidgets import Widget

from storagelab.tracks import load_track
from storagelab.widgets.closing import parts_of
from storagelab.widgets.message_batcher import MessageBatcher
from storagelab.widgets.scripted import Scripted
from storagelab.widgets.workbench import Workbench

from .benches import EVERY_BENCH, ends


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Record every message that any widget sends: the widget's id, the message and its buffers."""
    messages: list[tuple[str, dict[str, Any], list[Any]]] = []

    def note(self: Any, message: Any, buffers: Any = None) -> None:
        if self.comm is not None:  # otherwise the widget isn't open yet
            messages.append((self.model_id, message, list(buffers or [])))

    monkeypatch.setattr(Widget, "_send", note)
    return messages


def put_back(state: Any, paths: Any, buffers: Any) -> Any:
    """Put the binary parts of a message back where they belong, as a browser does."""
    for path, buffer in zip(paths, buffers, strict=True):
        holder = state
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = bytes(buffer)
    return state


def browser(messages: Any) -> Any:
    """Return the state of each model, by its id, that a browser would hold after ``messages``."""
    held: dict[str, dict[str, Any]] = {}
    for model, message, buffers in messages:
        if message["method"] == "update":
            updates = [(model, message["state"], message["buffer_paths"])]
        elif message["method"] == "custom" and "updates" in message["content"]:
            updates = message["content"]["updates"]
        else:
            continue
        taken = 0
        for name, state, paths in updates:
            part = buffers[taken : taken + len(paths)]
            taken += len(paths)
            held.setdefault(name, {}).update(put_back(state, paths, part))
        assert taken == len(buffers)
    return held


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_a_move_is_two_messages_and_the_browser_holds_what_python_does(
    sent: Any, name: str, part_name: str
) -> None:
    bench = Workbench(load_track(name), part_name)
    bench.message_batcher.set_state({"ready": True, "first_batch_received": True})
    item = next(item for item in bench.content.controls if item.kind == "scale")
    slider = bench.controls[item.name].slider
    sent.clear()
    slider.set_state({"index": 0 if slider.index else 1})
    # the echo of the browser's own change, and everything else
    assert len(sent) <= 2
    assert sum("updates" in message.get("content", ()) for _, message, _ in sent) == 1

    for position in ends(bench.content.controls):
        bench.set(**position)
    held = browser(sent)
    assert len(held) > 5
    for widget in parts_of(bench.widget):
        for trait, value in held.get(widget.model_id, {}).items():
            state = widget.get_state(trait)
            now, paths, buffers = ipywidgets.widgets.widget._remove_buffers(state)
            assert put_back(now, paths, buffers)[trait] == value, (widget, trait)
    bench.close()


def test_until_a_batch_is_received_every_widget_sends_its_own_messages(sent: Any) -> None:
    bench = Workbench(load_track("cloud_titan"), "pipeline")
    assert bench.instruments
    bench.message_batcher.ready = (
        True  # its script is there; whether messages get to it is not known yet
    )
    sent.clear()
    bench.set(link=20)
    assert len(sent) > 10
    assert not any("updates" in message.get("content", ()) for _, message, _ in sent)
    bench.close()


def test_a_browser_that_says_hello_is_sent_a_batch_even_if_it_is_empty(sent: Any) -> None:
    batcher = MessageBatcher()
    batcher._handle_custom_msg({"hello": True}, [])
    ((model, message, _),) = sent
    assert model == batcher.model_id
    assert message["content"] == {"updates": []}


def test_a_browser_that_says_hello_is_sent_again_what_it_may_have_missed(sent: Any) -> None:
    """The batch repeats what was sent to a widget whose script wasn't there yet."""
    bench = Workbench(load_track("cloud_titan"), "access")
    assert bench.instruments
    bench.message_batcher.ready = True
    bench.set(queue_depth=1)
    sent.clear()
    bench.message_batcher._handle_custom_msg({"hello": True}, [])
    assert len(sent) == 1
    held = browser(sent)
    scripted = [item for item in parts_of(bench.widget) if isinstance(item, Scripted)]
    assert len(scripted) > 5
    assert {item.model_id for item in scripted} == {*bench.message_batcher.scripted}
    assert {item.model_id for item in scripted} - {bench.message_batcher.model_id} == held.keys()
    assert held[bench.math_peek.widget.model_id]["unfolded"] is False
    assert not any(name.startswith("_") for state in held.values() for name in state)
    bench.close()


def test_what_was_collected_is_sent_even_if_something_fails(sent: Any) -> None:
    batcher, text = MessageBatcher(), ipywidgets.HTML("before")
    batcher.collect_from([text, batcher])
    batcher.first_batch_received = True
    sent.clear()

    def fail() -> None:
        with batcher.together():
            text.value = "after"
            assert sent == []
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert browser(sent) == {text.model_id: {"value": "after"}}
    text.value = "alone"
    assert browser(sent)[text.model_id] == {"value": "alone"}
    assert len(sent) == 2


def test_a_batch_inside_another_is_part_of_it(sent: Any) -> None:
    batcher, text = MessageBatcher(), ipywidgets.HTML("a")
    batcher.collect_from([text])
    batcher.first_batch_received = True
    sent.clear()
    with batcher.together():
        text.value = "b"
        with batcher.together():
            text.value = "c"
        assert sent == []
    assert len(sent) == 1
    assert browser(sent) == {text.model_id: {"value": "c"}}
