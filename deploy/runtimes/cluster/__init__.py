"""The cluster runtime: MQTT → Kafka (bridge), and Faust workers that run the stages by partition (worker).

    MQTT ─ bridge ─▶ wangge.frames.v1 ─ normalise ─▶ wangge.observations.v1 ─ line ─▶ stores
                                            └──────── wangge.deadletters.v1 ◀───┘

docs/cluster.md says how it is run, docs/decisions/ why the state lives where it does. Only `worker` imports Faust, only
`worker`, `bridge`, `administer` and `watchdog` import aiokafka: the rest runs without the extra `cluster`.
"""
