"""Words of the crew pages that the console does not have."""

from __future__ import annotations

from alerts.console.texts import LANGUAGES, TEXTS

_CREW_TEXTS: dict[str, tuple[str, str]] = {
    "crew.title": ("我的任务", "My tasks"),
    "crew.none": ("没有任务", "No tasks"),
    "crew.none_means": ("新任务会自动出现在这里。", "New tasks appear here by themselves."),
    "crew.accept": ("接单", "Accept"),
    "crew.start": ("到场", "Arrived"),
    "crew.done": ("完成", "Done"),
    "crew.return": ("退回", "Give back"),
    "crew.send": ("提交", "Send"),
    "crew.note_done": ("处置说明（可不填）", "What was done (may be empty)"),
    "crew.note_return": ("退回原因（必填）", "Why it is given back (needed)"),
    "crew.pending": ("待发送", "waiting to be sent"),
    "crew.offline": ("离线：操作已保存，联网后自动发送", "Offline: what you do is kept and sent later"),
    "crew.waiting": ("{n} 项操作待发送", "{n} actions wait to be sent"),
    "crew.updated": ("更新于 {time}", "Updated {time}"),
    "crew.refresh": ("刷新", "Refresh"),
    "crew.left": ("剩余 {time}", "{time} left"),
    "crew.late": ("超期 {time}", "{time} late"),
    "crew.round": ("第 {n} 次处置", "Round {n}"),
    "crew.rework": ("返工", "Rework"),
    "crew.navigate": ("导航", "Navigate"),
    "crew.dropped": ("未执行：{action}（{title}）— {why}", "Not done: {action} ({title}): {why}"),
    "crew.changed": ("任务已被中心变更", "the centre changed the task meanwhile"),
    "crew.dismiss": ("知道了", "OK"),
    "crew.keep": (
        "有未发送的操作，退出后再次登录才会发送。确定退出？",
        "Some actions are not sent yet; they go when you log in again. Log out?",
    ),
    "crew.not_crew": ("此账号不属于任何班组。", "This user belongs to no crew."),
}
_SHARED = ("severity.", "task_state.", "task_kind.", "login.", "error.", "app.", "unit.", "form.")


def tables() -> dict[str, dict[str, str]]:
    """Return {language: {key: words}} of all that the crew pages say."""
    shared = {key: both for key, both in TEXTS.items() if key.startswith(_SHARED)}
    every = {**shared, **_CREW_TEXTS}
    return {lang: {key: both[index] for key, both in every.items()} for index, lang in enumerate(LANGUAGES)}
