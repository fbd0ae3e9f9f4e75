/* The clips of the current record: one is shown, and plays. */
(function () {
  "use strict";

  const page = globalThis.sightlineReview;
  const { element, button, now, loaded, get, say } = page;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const SLOW = 0.4;
  let speed = 1;

  function clipPath(number, clip, kind) {
    return `clips/${String(number).padStart(4, "0")}/${String(clip).padStart(5, "0")}.${kind}`;
  }

  function playerOf(number, [label, clip]) {
    const [start, end] = loaded.get(number).clips[clip];
    const still = clipPath(number, clip, "jpg");
    const named = `Clip of ${label}, ${start.toFixed(1)} to ${end.toFixed(1)} s of the video, with the gaze drawn in`;
    const video = element("video");
    Object.assign(video, { poster: still, muted: true, loop: true, controls: true, playsInline: true, autoplay: !calm.matches, preload: "auto", defaultPlaybackRate: speed });
    video.setAttribute("aria-label", named);
    video.addEventListener("error", () => {
      // A browser without H.264 still shows the picture.
      const picture = element("img");
      Object.assign(picture, { src: still, alt: named });
      video.replaceWith(picture);
    }, { once: true });
    video.src = clipPath(number, clip, "mp4");
    return video;
  }

  function clipsOf(number, item) {
    const made = element("div", undefined, "show");
    if (!item.clips.length) {
      made.append(element("p", "There is no picture: it lies outside the video.", "quiet"));
      return made;
    }
    made.append(playerOf(number, item.clips[0]));
    if (item.clips.length > 1) {
      const row = element("div", undefined, "clips");
      item.clips.forEach((one, at) => {
        const choice = button(one[0], "", () => chooseClip(at));
        choice.setAttribute("aria-pressed", String(at === 0));
        row.append(choice);
      });
      made.append(row);
    }
    return made;
  }

  function chooseClip(at) {
    const [number, item] = now.current;
    const shown = get("item").querySelector(".show > video, .show > img");
    if (!shown || at >= item.clips.length) return;
    stop();
    shown.replaceWith(playerOf(number, item.clips[at]));
    get("item").querySelectorAll(".clips button").forEach((one, other) => one.setAttribute("aria-pressed", String(other === at)));
  }

  function stop() {
    const video = get("item").querySelector("video");
    if (video) {
      video.pause();
      video.removeAttribute("src");
      video.load();
    }
  }

  function playOrPause() {
    const video = get("item").querySelector("video");
    if (!video) return;
    if (video.paused) video.play().catch(() => say("This browser cannot play the clip."));
    else video.pause();
  }

  /** Slower, or as it was; the next clips too. */
  function turnSlow() {
    speed = speed === 1 ? SLOW : 1;
    const video = get("item").querySelector("video");
    if (video) video.playbackRate = speed;
    say(speed === 1 ? "Clips play as fast as they were." : "Clips play slowly.");
  }

  Object.assign(page, { clipsOf, chooseClip, stop, playOrPause, turnSlow });
})();
