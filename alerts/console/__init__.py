"""The console of the operations centre (NiceGUI): map, alerts, cases, devices, rules, ledger; Chinese and English.

Pages only show. What they show comes from `alerts.api.reads`, polled once a second for all of them (`live`); what a
person does goes through `/api/v1` from the browser, so that one gate decides who may do what.
"""
