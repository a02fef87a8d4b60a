#!/usr/bin/perl
# Create Lead with LWP, authenticated by a bearer token. Usage: perl perl_lwp.pl BASE_URL BEARER_TOKEN
use strict;
use warnings;

use HTTP::Request;
use JSON::PP;
use LWP::UserAgent;

my ($base_url, $token) = @ARGV;

my %lead = (
    FirstName => 'Quinn',
    LastName  => 'Lwp',
    Email     => 'quinn.lwp@leads.example',
    Phone     => '3055550106',
    Address   => '340 Sample Avenue, Apt 5',
    City      => 'Riverton',
    State     => 'FL',
    Zip       => '33101',
);
my %payload = (
    source => { vid => 1001, lid => 2001, aid => 3001, sendDelay => 0 },
    leads  => [ { properties => { reference => 'perl_lwp', noSell => JSON::PP::false }, fields => \%lead } ],
);

my $request = HTTP::Request->new(
    POST => "$base_url/v2/insert/general",
    [ 'Content-Type' => 'application/json', 'Accept' => 'application/json', 'Authorization' => "Bearer $token" ],
    encode_json(\%payload),
);
my $response = LWP::UserAgent->new(timeout => 30)->request($request);

die 'HTTP status ' . $response->status_line . ': ' . $response->decoded_content . "\n" unless $response->code == 200;
print $response->content, "\n";
