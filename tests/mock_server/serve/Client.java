import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** Opens a session and reads the list, as any program in Java does; prints each status. */
public class Client {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        URI chats = URI.create(arguments[0] + "/api/v1/chats");
        String body = "{\"agent_id\":\"agent-echo\",\"channel\":\"java\"}";
        for (HttpRequest.Builder builder : new HttpRequest.Builder[] {
            HttpRequest.newBuilder(chats).POST(BodyPublishers.ofString(body)),
            HttpRequest.newBuilder(chats).POST(BodyPublishers.ofInputStream(
                () -> new java.io.ByteArrayInputStream(body.getBytes()))),
            HttpRequest.newBuilder(chats).GET(),
        }) {
            HttpRequest request = builder
                .header("Authorization", "Bearer " + arguments[1])
                .header("Content-Type", "application/json")
                .build();
            System.out.println(client.send(request, BodyHandlers.ofString()).statusCode());
        }
    }
}
