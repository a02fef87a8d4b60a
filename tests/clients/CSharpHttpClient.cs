// Create Lead with System.Net.Http.HttpClient.
//
// Usage, with the .NET SDK:  dotnet run --project CSharpHttpClient.csproj -- BASE_URL API_KEY
//        with Mono:          mcs -r:System.Net.Http.dll CSharpHttpClient.cs
//                            mono CSharpHttpClient.exe BASE_URL API_KEY

using System;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Tasks;

public static class CSharpHttpClient
{
    private const string Lead = @"{
  ""source"": { ""vid"": 1001, ""lid"": 2001, ""aid"": 3001, ""sendDelay"": 0 },
  ""leads"": [
    {
      ""properties"": { ""reference"": ""csharp_http_client"", ""noSell"": false },
      ""fields"": {
        ""FirstName"": ""Avery"",
        ""LastName"": ""Sharp"",
        ""Email"": ""avery.sharp@leads.example"",
        ""Phone"": ""2125550108"",
        ""Address"": ""89 Placeholder Lane"",
        ""City"": ""Springfield"",
        ""State"": ""NY"",
        ""Zip"": ""10001""
      }
    }
  ]
}";

    public static int Main(string[] args)
    {
        return Send(args[0], args[1]).GetAwaiter().GetResult();
    }

    private static async Task<int> Send(string baseUrl, string apiKey)
    {
        using (var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) })
        using (var request = new HttpRequestMessage(HttpMethod.Post, baseUrl + "/v2/insert/general"))
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            request.Headers.Add("api-key", apiKey);
            request.Content = new StringContent(Lead, Encoding.UTF8, "application/json");
            using (var response = await client.SendAsync(request))
            {
                var body = await response.Content.ReadAsStringAsync();
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    Console.Error.WriteLine("HTTP status " + (int)response.StatusCode + ": " + body);
                    return 1;
                }
                Console.WriteLine(body);
                return 0;
            }
        }
    }
}
