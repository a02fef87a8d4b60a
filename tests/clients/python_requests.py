"""Create Lead with requests. Usage: python python_requests.py BASE_URL API_KEY"""

import sys

import requests

base_url, api_key = sys.argv[1:]

lead = {
    "FirstName": "Riley",
    "LastName": "Requests",
    "Email": "riley.requests@leads.example",
    "Phone": "(415) 555-0103",
    "Address": "7 Specimen Road",
    "City": "Fairview",
    "State": "CA",
    "Zip": "90001-1234",
}
payload = {
    "source": {"vid": 1001, "lid": 2001, "aid": 3001, "sendDelay": 0.0},
    "leads": [{"properties": {"reference": "python_requests", "noSell": False}, "fields": lead}],
}

response = requests.post(
    f"{base_url}/v2/insert/general",
    json=payload,
    headers={"Accept": "application/json", "api-key": api_key},
    timeout=30,
)
if response.status_code == 200:
    print(response.text)
else:
    sys.exit(f"HTTP status {response.status_code}: {response.text}")
