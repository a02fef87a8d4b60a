#!/bin/sh
# Create Lead in XML with curl, with a bearer token as the documentation's XML samples have it.
# Usage: curl_xml.sh BASE_URL BEARER_TOKEN
set -eu

curl --silent --show-error --fail-with-body \
  --header 'Content-Type: application/xml' \
  --header 'Accept: application/xml' \
  --header "Authorization: Bearer $2" \
  --data-binary @- "$1/v2/insert/general" <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<Leads vid="1001" lid="2001" aid="3001">
  <Lead reference="curl_xml">
    <FirstName>Zoë</FirstName>
    <LastName>O&apos;Curl &amp; Sons</LastName>
    <Email>zoe.curl@leads.example</Email>
    <Phone>3055550102</Phone>
    <Address>340 Sample Avenue, Apt 5</Address>
    <City>Riverton</City>
    <State>FL</State>
    <Zip>33101</Zip>
  </Lead>
</Leads>
XML
