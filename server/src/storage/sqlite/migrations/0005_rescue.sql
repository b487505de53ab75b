-- What a phone could not send any more names its device by the device's key alone.
CREATE INDEX device_by_key ON device (key);
