"""Code that every part runs on and none of them owns: the MQTT client, settings, logs, and running until told to stop."""
