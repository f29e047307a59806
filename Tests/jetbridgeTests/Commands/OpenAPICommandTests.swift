import Gateway
import Host
import JSON
import TestSupport
import Testing

@testable import jetbridge

@Suite("jetbridge openapi", .timeLimit(.minutes(1)))
struct OpenAPICommandTests {
    @Test("the page's types are those of the routes: jetbridge openapi --typescript > Sources/Gateway/Web/types.ts")
    func types() async throws {
        let path = PythonClients.root + "/Sources/Gateway/Web/types.ts"
        let printed = await run("openapi", "--typescript")
        #expect(printed.status == .done && printed.errors.isEmpty)
        expectEqual(String(decoding: try FileReader.read(path, limit: 1 << 20).bytes, as: UTF8.self), printed.output)
    }

    @Test("the page of operations is that of the routes: jetbridge openapi --markdown > docs/api-reference.md")
    func reference() async throws {
        let page = try FileReader.read(PythonClients.root + "/docs/api-reference.md", limit: 1 << 20).bytes
        let printed = await run("openapi", "--markdown")
        #expect(printed.status == .done && String(decoding: page, as: UTF8.self) == printed.output)
    }

    @Test("the document is printed without a host, with the addresses of the configuration")
    func document() async throws {
        let document = try JSON.parse(await run("openapi").output)
        #expect(document["openapi"] == "3.1.0" && document["servers"]?[0]?["url"] == "http://127.0.0.1:8787")
        let post = document["paths"]?["/api/v1/threads/{id}/messages"]?["post"]
        #expect(post?["x-scopes"] == ["chat", "run", "admin"] && post?["x-role"] == "guest")
        let body = post?["requestBody"]?["content"]?["application/json"]?["schema"]
        expectEqual(body, ["$ref": "#/components/schemas/NewMessage"])
        expectEqual(document["components"]?["schemas"]?["NewMessage"]?["required"], ["text"])
    }
}
