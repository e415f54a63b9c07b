"""The demo: broker, pipeline, web application and simulators as processes of one command."""
