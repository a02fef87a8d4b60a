import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A right client with java.net.http.HttpClient, in JSON, for Java 11 and newer.
 *
 * <p>What is not known of a lead is asked with a duplicate check; it is never sent a second time.
 *
 * <p>Usage: javac RightClient.java Json.java, then java RightClient LEAD.json. Exit status: 0 every lead was accepted; 1 not
 * every one, or nobody knows; 64 it cannot do the task.
 */
public class RightClient {
    /** What became of a request is not known. */
    static class Unclear extends Exception {
        Unclear(String message) {
            super(message);
        }
    }

    /** A lead that was accepted; ids are null where only a duplicate check says so. */
    static class Sale {
        final Object requestId;
        final Object leadId;

        Sale(Object requestId, Object leadId) {
            this.requestId = requestId;
            this.leadId = leadId;
        }
    }

    static final Set<String> TASKS = Set.of("sell", "sell-each", "sell-together", "sell-unless-duplicate",
        "sell-and-update", "sell-and-status", "sell-with-callback");

    // The defaults follow no redirects; with HTTP/2 the first request would offer an upgrade.
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(5)).build();
    private final Map<String, CompletableFuture<Map<String, Object>>> callbacks = new ConcurrentHashMap<>();
    private final Map<String, Object> task;
    private final Map<String, Object> source;

    RightClient(Map<String, Object> task) {
        this.task = task;
        this.source = Json.object(task.get("source"));
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> task = Json.object(Json.read(Files.readString(Path.of(arguments[0]))));
        if (!TASKS.contains(task.get("task"))) {
            System.exit(64);
        }
        boolean accepted = false;
        try {
            accepted = new RightClient(task).run();
        } catch (Unclear error) {
            System.err.println("nobody knows: " + error.getMessage());
        }
        System.exit(accepted ? 0 : 1);
    }

    // ---- one exchange

    /** The document of a response, or null where the service refuses the request. */
    Map<String, Object> exchange(String method, String path, Object document) throws Unclear, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(task.get("url") + path))
            .timeout(Duration.ofSeconds(40)).header("Accept", "application/json").header("api-key", (String) task.get("apiKey"));
        if (document == null) {
            request.method(method, HttpRequest.BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json; charset=utf-8");
            request.method(method, HttpRequest.BodyPublishers.ofString(Json.write(document), StandardCharsets.UTF_8));
        }
        HttpResponse<byte[]> response = whole(request.build());
        for (int again = 0; again < 2 && mustWait(response); again++) {
            Thread.sleep(1000 * response.headers().firstValueAsLong("Retry-After").orElse(5) + 100);
            response = whole(request.build());
        }
        if (response.statusCode() >= 500 && response.statusCode() != 503) {
            throw new Unclear("status " + response.statusCode());
        }
        if (response.statusCode() != 200) {
            return null;
        }
        try {
            return Json.object(Json.read(new String(response.body(), StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException error) {
            throw new Unclear("the response is no JSON");
        }
    }

    private static boolean mustWait(HttpResponse<byte[]> response) {
        return response.statusCode() == 429 || response.statusCode() == 503;
    }

    /** The timeout of a request ends with its headers; this one holds for the body, too. */
    private HttpResponse<byte[]> whole(HttpRequest request) throws Unclear, InterruptedException {
        try {
            return http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray()).get(50, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException error) {
            throw new Unclear(String.valueOf(error.getCause()));
        }
    }

    private List<Map<String, Object>> results(Map<String, Object> response) {
        List<Map<String, Object>> found = new ArrayList<>();
        for (Object result : response == null ? List.of() : Json.list(response.get("results"))) {
            found.add(Json.object(result));
        }
        return found;
    }

    private static Map<String, Object> document(Map<String, Object> source, List<Object> leads) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("source", source);
        document.put("leads", leads);
        return document;
    }

    private Map<String, Object> shortSource() {
        Map<String, Object> found = new LinkedHashMap<>(source);
        found.remove("sendDelay");
        return found;
    }

    // ---- what a seller does

    Sale sell(Map<String, Object> lead, String returnUrl) throws Unclear, InterruptedException {
        Map<String, Object> fields = new LinkedHashMap<>(Json.object(lead.get("fields")));
        Map<String, Object> known = new LinkedHashMap<>(fields);
        known.keySet().retainAll(Json.list(lead.get("pingFields")));
        List<Map<String, Object>> pinged = results(
            exchange("POST", "/v2/insert/ping", document(shortSource(), List.of(Map.of("fields", known)))));
        if (pinged.size() != 1 || !usable(pinged.get(0))) {
            return null;
        }
        Map<String, Object> order = pinged.get(0);
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("reference", lead.get("reference"));
        properties.put("orderId", order.get("orderId"));
        List<Object> chosen = new ArrayList<>();
        for (Object shown : Json.list(order.get("offers"))) {
            Map<String, Object> offer = Json.object(shown);
            Map<String, Object> consent = Json.object(offer.get("tcpaInformation"));
            if (!Boolean.TRUE.equals(consent.get("customTCPATextRequired"))) {
                chosen.add(offer.get("offerId"));
            } else if (chosen.isEmpty()) {
                chosen.add(offer.get("offerId"));
                fields.put((String) task.get("consentField"), consent.get("tcpaText"));
            }
        }
        if (!chosen.isEmpty()) {
            properties.put("offerIds", chosen);
        }
        Map<String, Object> from = new LinkedHashMap<>(source);
        if (returnUrl != null) {
            from.put("returnURL", returnUrl);
        }
        Map<String, Object> post = new LinkedHashMap<>();
        post.put("properties", properties);
        post.put("fields", fields);
        Map<String, Object> response;
        try {
            response = exchange("POST", "/v2/insert/general", document(from, List.of(post)));
            if (response != null && returnUrl != null) {
                response = callback((String) response.get("requestId"));
            }
            if (response != null && results(response).size() != 1) {
                throw new Unclear("not one result");
            }
        } catch (Unclear unclear) {
            return isDuplicate(lead) ? new Sale(null, null) : null;
        }
        boolean valid = response != null && Boolean.TRUE.equals(results(response).get(0).get("isValid"));
        return valid ? new Sale(response.get("requestId"), results(response).get(0).get("leadId")) : null;
    }

    private boolean usable(Map<String, Object> order) {
        Object campaign = order.get("campaignId");
        boolean own = campaign == null || ((Number) campaign).longValue() == ((Number) source.get("aid")).longValue();
        String ends = (String) order.get("orderExpiresOn");
        boolean inTime = ends == null || ends.isEmpty() || OffsetDateTime.parse(ends).isAfter(OffsetDateTime.now());
        return Boolean.TRUE.equals(order.get("willAccept")) && order.get("orderId") != null && own && inTime;
    }

    boolean isDuplicate(Map<String, Object> lead) throws Unclear, InterruptedException {
        List<Map<String, Object>> found = results(exchange("POST", "/v2/duplicate/check",
            document(shortSource(), List.of(Map.of("fields", lead.get("fields"))))));
        return found.size() == 1 && Boolean.TRUE.equals(found.get(0).get("isDuplicate"));
    }

    boolean sellTogether(List<Map<String, Object>> leads) throws Unclear, InterruptedException {
        List<Object> batch = new ArrayList<>();
        for (Map<String, Object> lead : leads) {
            batch.add(Map.of("properties", Map.of("reference", lead.get("reference")), "fields", lead.get("fields")));
        }
        List<Map<String, Object>> found = results(exchange("POST", "/v2/insert/general", document(source, batch)));
        boolean accepted = found.size() == leads.size();
        for (Map<String, Object> result : found) {
            accepted &= Boolean.TRUE.equals(result.get("isValid"));
        }
        return accepted;
    }

    // ---- callbacks

    private Map<String, Object> callback(String requestId) throws Unclear, InterruptedException {
        try {
            return promised(requestId).get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException error) {
            throw new Unclear("no callback came");
        }
    }

    private CompletableFuture<Map<String, Object>> promised(String requestId) {
        return callbacks.computeIfAbsent(requestId.toLowerCase(Locale.ROOT), name -> new CompletableFuture<>());
    }

    private HttpServer listen() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            int status = 202;
            try {
                String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                Map<String, Object> document = Json.object(Json.read(text));
                promised((String) document.get("requestId")).complete(document);
            } catch (IllegalArgumentException | NullPointerException error) {
                status = 400;
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    // ---- tasks

    boolean run() throws Unclear, InterruptedException, IOException {
        List<Map<String, Object>> leads = new ArrayList<>();
        for (Object lead : Json.list(task.get("leads"))) {
            leads.add(Json.object(lead));
        }
        String name = (String) task.get("task");
        if (name.equals("sell-together")) {
            return sellTogether(leads);
        }
        if (name.equals("sell-with-callback")) {
            return sellWithCallbacks(leads);
        }
        boolean accepted = true;
        for (Map<String, Object> lead : leads) {
            Sale sale = name.equals("sell-unless-duplicate") && isDuplicate(lead) ? null : sell(lead, null);
            accepted &= sale != null;
            if (sale == null || sale.requestId == null) {
                continue;
            }
            if (name.equals("sell-and-status")) {
                exchange("GET", "/v2/status/" + sale.requestId, null);
            }
            if (name.equals("sell-and-update")) {
                Map<String, Object> from = Map.of("vid", source.get("vid"), "lid", source.get("lid"));
                Object change = Map.of("properties", Map.of("leadUID", sale.leadId), "fields", task.get("changes"));
                exchange("PUT", "/v2/update", document(from, List.of(change)));
            }
        }
        return accepted;
    }

    private boolean sellWithCallbacks(List<Map<String, Object>> leads) throws Unclear, InterruptedException, IOException {
        HttpServer server = listen();
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/leads";
        List<CompletableFuture<Sale>> selling = new ArrayList<>();
        for (Map<String, Object> lead : leads) {
            selling.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return sell(lead, url);
                } catch (Unclear | InterruptedException error) {
                    return null;
                }
            }, task -> new Thread(task).start()));
        }
        boolean accepted = true;
        for (CompletableFuture<Sale> one : selling) {
            Sale sale = one.join();
            accepted &= sale != null;
            if (sale != null && sale.requestId != null) {
                exchange("GET", "/v2/status/" + sale.requestId, null);
            }
        }
        Thread.sleep(1500); // a callback may come again
        server.stop(0);
        return accepted;
    }
}
