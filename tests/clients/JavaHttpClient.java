import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * Create Lead with java.net.http.HttpClient, Java 11 or newer.
 *
 * <p>HTTP_2 is this client's default: over plain HTTP it offers an upgrade to h2c with its first request, together with
 * the body. A server that does not speak HTTP/2 ignores the offer.
 *
 * <p>Usage: java JavaHttpClient.java BASE_URL API_KEY
 */
public class JavaHttpClient {
    private static final String LEAD = """
        {
          "source": {"vid": 1001, "lid": 2001, "aid": 3001, "sendDelay": 0},
          "leads": [
            {
              "properties": {"reference": "java_http_client", "noSell": false},
              "fields": {
                "FirstName": "Casey",
                "LastName": "Client",
                "Email": "casey.client@leads.example",
                "Phone": "212-555-0104",
                "Address": "89 Placeholder Lane",
                "City": "Springfield",
                "State": "NY",
                "Zip": "10001"
              }
            }
          ]
        }
        """;

    public static void main(String[] args) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(args[0] + "/v2/insert/general"))
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .header("api-key", args[1])
            .POST(HttpRequest.BodyPublishers.ofString(LEAD))
            .build();

        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            System.err.println("HTTP status " + response.statusCode() + ": " + response.body());
            System.exit(1);
        }
        System.out.println(response.body());
    }
}
