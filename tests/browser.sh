#!/bin/sh
# The page tests drive a real Chromium. Use the one there is; as root on Debian install it; else say what is skipped.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Chromium for the page tests …"
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium) >/dev/null 2>&1 && exit 0
fi
echo "no Chromium: the page tests are skipped. Install one (Debian: apt-get install chromium) to run them." >&2
