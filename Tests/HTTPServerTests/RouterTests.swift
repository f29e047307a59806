import EventLoop
import HTTP
import HTTPServer
import JSON
import TestSupport
import Testing

@Suite("Router", .timeLimit(.minutes(1)))
struct RouterTests {
    static let router = Router(
        [
            "GET /", "GET /threads", "POST /threads", "GET /threads/{id}", "GET /threads/new", "PUT /threads/{id}/name",
            "GET /r/{repository}/blob/{ref}/{path...}", "OPTIONS /threads", "GET /{page}/x", "GET /files/{path...}",
            "DELETE /files/{name}", "PUT /files/{path...}", "GET /files/{path...}/notes",
        ].map { line in
            let parts = line.split(separator: " ")
            let pattern = RoutePattern(String(parts[1]))
            return HTTPRoute(HTTPMethod(rawValue: String(parts[0])), pattern) { request in
                let values = pattern.names.map { "\($0)=\(request.parameters[$0] ?? "nil")" }
                return .text(([line] + values).joined(separator: " ") + "\n")
            }
        })

    @Test(
        "finds the most specific route and decodes its parameters",
        arguments: [
            ("GET /", "GET /"), ("GET /threads", "GET /threads"), ("POST /threads?x=/y", "POST /threads"),
            ("GET /threads/7", "GET /threads/{id} id=7"), ("GET /threads/new", "GET /threads/new"),
            ("GET /threads/a%2Fb%20c", "GET /threads/{id} id=a/b c"), ("GET /%74hreads", "GET /threads"),
            ("PUT /threads/new/name", "PUT /threads/{id}/name id=new"), ("OPTIONS /threads", "OPTIONS /threads"),
            (
                "GET /r/app/blob/main/src/a.swift",
                "GET /r/{repository}/blob/{ref}/{path...} repository=app ref=main path=src/a.swift"
            ),
            ("GET /threads/x", "GET /threads/{id} id=x"), ("GET /other/x", "GET /{page}/x page=other"),
            ("GET /files/x", "GET /files/{path...} path=x"), ("GET /files/a/b", "GET /files/{path...} path=a/b"),
            ("DELETE /files/a", "DELETE /files/{name} name=a"),
            ("GET /files/a/b/notes", "GET /files/{path...}/notes path=a/b"),
            ("PUT /files/a/b", "PUT /files/{path...} path=a/b"), ("GET http://a/threads", "GET /threads"),
        ])
    func found(request: String, expected: String) async throws {
        try await withServer(dispatcher: Self.router) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("\(request) HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.receive(through: "\r\n\r\n")
            try await expectEqual(client.receive(through: "\n"), expected + "\n")
            client.close()
        }
    }

    @Test(
        "responds 404 for unknown paths and 405 for other methods",
        arguments: [
            ("GET /nothing", 404, nil), ("GET /threads/", 404, nil), ("GET //threads", 404, nil),
            ("GET /threads/../x", 404, nil),
            ("GET /threads/%2e%2e", 404, nil), ("GET /threads/%FF", 404, nil), ("GET /threads/%zz", 404, nil),
            ("GET /threads/%00", 404, nil), ("GET /*", 404, nil), ("CONNECT a:1", 404, nil),
            ("DELETE /threads", 405, "GET, HEAD, OPTIONS, POST"), ("POST /threads/7", 405, "GET, HEAD"),
            ("get /threads", 405, "GET, HEAD, OPTIONS, POST"), ("POST /files/x", 405, "DELETE, GET, HEAD, PUT"),
            ("PUT /files/x/notes", 405, "GET, HEAD"),
        ] as [(String, Int, String?)])
    func rejected(request: String, status: Int, allow: String?) async throws {
        try await withServer(dispatcher: Self.router) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("\(request) HTTP/1.1\r\nHost: \(request == "CONNECT a:1" ? "a:1" : "a")\r\n\r\n")
            let head = try await client.receive(through: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 \(status) "))
            let line = head.split(separator: "\r\n").first { $0.hasPrefix("Allow: ") }
            expectEqual(line.map { String($0.dropFirst(7)) }, allow)
            client.close()
        }
    }

    @Test("long runs of combining marks in a parameter are broken")
    func marks() async throws {
        try await withServer(dispatcher: Self.router) { server in
            let client = try await RawConnection(to: server.boundAddress)
            let marks = String(repeating: "%CC%80", count: 200)
            try await client.send("GET /threads/a\(marks) HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.receive(through: "\r\n\r\n")
            let answer = try await client.receive(through: "\n")
            #expect(answer.utf8.starts(with: "GET /threads/{id} id=a".utf8))
            expectEqual(answer.unicodeScalars.count { $0 == "\u{34F}" }, 6)
            client.close()
        }
    }

    @Test("OPTIONS * gets the methods of all routes")
    func asterisk() async throws {
        try await withServer(dispatcher: Self.router) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try await client.receive(through: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 204 "))
            #expect(head.contains("Allow: DELETE, GET, HEAD, OPTIONS, POST, PUT\r\n"))
            client.close()
        }
    }

    @Test("the GET route answers HEAD without a body; each route has its own body limit")
    func headAndLimit() async throws {
        let router = Router([
            HTTPRoute(.get, "/a") { _ in .text("hello") },
            HTTPRoute(.post, "/small", bodyLimit: 3) { .text("\(try await $0.body.collect().count)\n") },
            HTTPRoute(.post, "/large", bodyLimit: 3_000_000) { .text("\(try await $0.body.collect().count)\n") },
        ])
        try await withServer(dispatcher: router) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.receive(through: "\r\n\r\n").contains("Content-Length: 5\r\n"))
            try await client.send("POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")
            try await client.send([UInt8](repeating: 0x61, count: 2_000_000))
            _ = try await client.receive(through: "2000000\n")
            try await client.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 413 "))
            client.close()
        }
    }

    @Test("an OpenAPI document is generated from the routes")
    func document() {
        let documentation = RouteDocumentation(
            "Messages of a thread", operation: "listMessages", tags: ["threads"],
            parameters: [.init(.query, "limit", "maximum count", schema: ["type": "integer"])],
            answers: [.init(.ok, "a page", schema: ["$ref": "#/components/schemas/Page"])])
        let routes = [
            HTTPRoute(.get, "/threads/{id}/messages", documentation: documentation) { _ in .text("") },
            HTTPRoute(
                .post, "/signin",
                documentation: .init("Sign in", operation: "signIn", request: ["type": "object"], isOpen: true)
            ) { _ in .text("") },
            HTTPRoute(.get, "/r/{path...}") { _ in .text("") },
        ]
        let document = OpenAPIDocument.make(
            title: "t", version: "1", routes: routes,
            components: ["securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]]])
        expectEqual(document["openapi"], "3.1.0")
        expectEqual(document["paths"]?.objectValue?.keys, ["/threads/{id}/messages", "/signin"])
        let list = document["paths"]?["/threads/{id}/messages"]?["get"]
        #expect(list?["parameters"]?[0]?["name"] == "id" && list?["parameters"]?[0]?["required"] == true)
        expectEqual(list?["parameters"]?[1]?["schema"]?["type"], "integer")
        expectEqual(list?["security"], [["bearer": []]])
        expectEqual(
            list?["responses"]?["200"]?["content"]?["application/json"]?["schema"]?["$ref"], "#/components/schemas/Page"
        )
        let signIn = document["paths"]?["/signin"]?["post"]
        #expect(signIn?["security"] == [] && signIn?["requestBody"]?["required"] == true)
    }
}
