<?php
// Create Lead with PHP's curl extension. Usage: php php_curl.php BASE_URL API_KEY

declare(strict_types=1);

[, $baseUrl, $apiKey] = $argv;

$payload = [
    'source' => ['vid' => 1001, 'lid' => 2001, 'aid' => 3001, 'sendDelay' => 0],
    'leads' => [
        [
            'properties' => ['reference' => 'php_curl', 'noSell' => false],
            'fields' => [
                'FirstName' => 'Jordan',
                'LastName' => 'Péhapé',
                'Email' => 'jordan.php@leads.example',
                'Phone' => '4155550107',
                'Address' => '7 Specimen Road',
                'City' => 'Fairview',
                'State' => 'CA',
                'Zip' => '90001',
            ],
        ],
    ],
];

$curl = curl_init($baseUrl . '/v2/insert/general');
curl_setopt_array($curl, [
    CURLOPT_POST => true,
    CURLOPT_POSTFIELDS => json_encode($payload, JSON_THROW_ON_ERROR),
    CURLOPT_HTTPHEADER => ['Content-Type: application/json', 'Accept: application/json', 'api-key: ' . $apiKey],
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 30,
]);
$body = curl_exec($curl);
$status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
$problem = curl_error($curl);
curl_close($curl);

if ($status !== 200) {
    fwrite(STDERR, "HTTP status $status: " . ($body === false ? $problem : $body) . "\n");
    exit(1);
}
echo $body, "\n";
