#!/bin/sh
# Create Lead in JSON with curl. Usage: curl_json.sh BASE_URL API_KEY
set -eu

response=$(mktemp)
trap 'rm -f "$response"' EXIT

status=$(curl --silent --show-error --output "$response" --write-out '%{http_code}' \
  --request POST "$1/v2/insert/general" \
  --header 'Content-Type: application/json' \
  --header 'Accept: application/json' \
  --header "api-key: $2" \
  --data @- <<'JSON'
{
  "source": {"vid": 1001, "lid": 2001, "aid": 3001, "sendDelay": 0},
  "leads": [
    {
      "properties": {"reference": "curl_json", "noSell": true},
      "fields": {
        "FirstName": "Avery",
        "LastName": "Curl",
        "Email": "avery.curl@leads.example",
        "Phone": "2125550101",
        "Address": "12 Example Street",
        "City": "Springfield",
        "State": "TX",
        "Zip": "75001"
      }
    }
  ]
}
JSON
)

if [ "$status" = 200 ]; then
  cat "$response"
else
  echo "HTTP status $status" >&2
  cat "$response" >&2
  exit 1
fi
