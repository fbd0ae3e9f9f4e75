"""All question makers of the sample release, by type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmsi_video.rendering import (
    ask_camera,
    ask_camera_motion,
    ask_future,
    ask_house,
    ask_motion,
    ask_people,
    ask_room,
    ask_twice,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mmsi_video.rendering.draft import Draft

MAKERS: dict[str, tuple[Callable[[int], Draft], ...]] = {
    "instance_scene_attribute": (ask_room.how_many_chairs, ask_room.how_tall, ask_room.tallest),
    "instance_instance": (
        ask_room.nearest,
        ask_room.standing_at,
        ask_room.standing_at_pictured,
    ),
    "instance_scene": (ask_room.which_wall, ask_room.which_corner, ask_room.from_the_window),
    "scene_scene": (
        ask_house.where_is_the_room,
        ask_house.hidden_neighbours,
        ask_house.colour_on_the_plan,
    ),
    "camera_instance": (
        ask_camera.where_is_it,
        ask_camera.where_is_the_pictured,
        ask_camera.nearest_on_the_way,
        ask_camera.looks_straight_at,
    ),
    "camera_scene": (
        ask_camera.faces_which_wall,
        ask_camera.which_dot,
        ask_camera.where_was_the_start,
    ),
    "camera_motion": (
        ask_camera_motion.basic_move,
        ask_camera_motion.two_moves,
        ask_camera_motion.how_far_turned,
        ask_camera_motion.around_the_table,
    ),
    "instance_motion": (
        ask_motion.rolling_ball,
        ask_motion.turning_car,
        ask_motion.fastest_ball,
        ask_motion.order_of_visits,
    ),
    "interactive_motion": (ask_people.carried_box, ask_people.two_people, ask_people.passed_ball),
    "planning": (ask_future.turn_and_go, ask_future.free_route, ask_future.stacked_blocks),
    "prediction": (ask_future.ball_will_hit, ask_future.which_door, ask_future.seen_next),
    "memory_update": (
        ask_twice.what_is_gone,
        ask_twice.what_was_moved,
        ask_twice.what_happened,
    ),
    "multi_view_integration": (
        ask_twice.where_is_the_other_camera,
        ask_twice.blocks_in_all,
        ask_twice.behind_the_board,
    ),
}
"""Key of a question type -> functions that take the seed and make one question each."""
