import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;

/**
 * Create Lead with java.net.HttpURLConnection, as programs for Java 8 do.
 *
 * <p>It sets no Accept header, so that the class sends its own list, which names neither JSON nor XML.
 *
 * <p>Usage: java JavaHttpURLConnection.java BASE_URL API_KEY
 */
public class JavaHttpURLConnection {
    public static void main(String[] args) throws IOException {
        String lead = "{\"source\": {\"vid\": 1001, \"lid\": 2001, \"aid\": 3001, \"sendDelay\": 0},"
            + " \"leads\": [{\"properties\": {\"reference\": \"java_http_url_connection\", \"noSell\": false},"
            + " \"fields\": {\"FirstName\": \"Morgan\", \"LastName\": \"Connection\","
            + " \"Email\": \"morgan.connection@leads.example\", \"Phone\": \"2125550105\","
            + " \"Address\": \"12 Example Street\", \"City\": \"Springfield\", \"State\": \"TX\", \"Zip\": \"75001\"}}]}";

        HttpURLConnection connection = (HttpURLConnection) new URL(args[0] + "/v2/insert/general").openConnection();
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json; charset=utf-8");
        connection.setRequestProperty("api-key", args[1]);
        connection.setConnectTimeout(10_000);
        connection.setReadTimeout(30_000);
        connection.setDoOutput(true);
        try (OutputStream body = connection.getOutputStream()) {
            body.write(lead.getBytes(StandardCharsets.UTF_8));
        }

        int status = connection.getResponseCode();
        try (InputStream body = status == 200 ? connection.getInputStream() : connection.getErrorStream()) {
            String text = body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
            if (status != 200) {
                System.err.println("HTTP status " + status + ": " + text);
                System.exit(1);
            }
            System.out.println(text);
        }
    }
}
