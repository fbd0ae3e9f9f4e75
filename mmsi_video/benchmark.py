"""MMSI-Video-Bench as the command line and the lmms-eval plugin see it."""

from __future__ import annotations

from sightline.benchmarks import Benchmark

BENCHMARK = Benchmark(
    name="mmsi-video",
    title="MMSI-Video-Bench",
    package="mmsi_video",
    dataset_variable="MMSI_VIDEO_DATASET",
    release="rbler/MMSI-Video-Bench",
    tasks={
        "mmsi_video": "Uniform-50, the official protocol: at most 50 frames, as images",
        "mmsi_video_u50": "the same as mmsi_video, under the name of its setting",
        "mmsi_video_sc": "Sufficient-Coverage: every released frame, at most 300, as images",
        "mmsi_video_native": "the mp4 clips as they are, for models that decode video themselves",
        "mmsi_video_single_input": "native clips of the questions with one video and no image",
    },
    make_sample="mmsi_video.sample_release:make_sample",
    sample_variants=("official", "rearranged"),
    check="mmsi_video.builder:check",
    build="mmsi_video.builder:build",
    score="mmsi_video.summary:score_file",
    render="mmsi_video.summary:render",
    describe="mmsi_video.tasks.hooks:describe",
    prepare="mmsi_video.prepare:prepare",
    dataset_rules="mmsi_video.dataset_rules:rules",
    leaderboard="mmsi_video.leaderboard:board",
)
