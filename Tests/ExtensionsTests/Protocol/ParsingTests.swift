import EventLoop
import JSON
import TestSupport
import Testing

@testable import Extensions

@Suite struct ParsingTests {
    // MARK: Lists

    @Test func pagesAreReadUntilTheCursorIsMissing() {
        var reading = ListReading("tools")
        expectEqual(reading.take(["tools": [1], "nextCursor": ""]), .next(""))
        expectEqual(reading.take(["tools": [2], "nextCursor": "b"]), .next("b"))
        expectEqual(reading.take(["tools": [3], "nextCursor": .null]), .done)
        expectEqual(reading.entries, [1, 2, 3])
    }

    @Test func listsThatCannotBeReadFail() {
        for page: JSON in [.null, [:], ["tools": "x"], ["tools": [], "nextCursor": 7]] {
            var reading = ListReading("tools")
            if case .fail = reading.take(page) {} else { Issue.record("\(page)") }
        }
        var reading = ListReading("tools")
        let many = JSON.array(Array(repeating: 1, count: 1_001))
        expectEqual(reading.take(["tools": many]), .fail("its list of tools has more than 1000 entries"))
    }

    @Test func entriesWithoutANameAreLeftOut() {
        let tools = ListedEntries.tools([
            ["name": "a"], ["name": ""], [:], 7, ["name": "a", "description": "again"],
            ["name": "b", "inputSchema": ["type": "object"], "title": "B"],
        ])
        expectEqual(
            tools,
            [
                ExtensionTool(name: "a", description: "", schema: [:]),
                ExtensionTool(name: "b", description: "", schema: ["type": "object"]),
            ])
    }

    // MARK: Results

    @Test func contentOfEveryKindIsRead() {
        let answer: JSON = [
            "content": [
                ["type": "text", "text": "a"], ["type": "image", "data": "AAEC", "mimeType": "image/png"],
                ["type": "audio", "data": "AA==", "mimeType": "audio/wav"],
                ["type": "resource", "resource": ["uri": "file:///x/y.txt", "text": "b"]],
                [
                    "type": "resource",
                    "resource": ["uri": "file:///x/y.bin", "blob": "AA==", "mimeType": "application/zip"],
                ],
                ["type": "resource_link", "uri": "file:///etc/passwd", "name": "p"],
                ["type": "image", "data": "%%%"], ["type": "hologram"], 7,
            ],
            "structuredContent": ["a": 1],
        ]
        expectEqual(
            ResultParsing.call(answer)?.parts,
            [
                .text("a"), .image([0, 1, 2], type: "image/png"), .data([0], type: "audio/wav", name: "audio"),
                .text("b"), .data([0], type: "application/zip", name: "y.bin"),
                .link(uri: "file:///etc/passwd", name: "p"),
                .text("[an image that cannot be decoded was left out]"),
                .text("[content of the unknown type hologram was left out]"),
                .text("[content of the unknown type  was left out]"),
            ])
    }

    @Test func structuredContentIsShownOnlyWithoutContent() {
        expectEqual(
            ResultParsing.call(["content": [], "structuredContent": ["a": 1]]),
            ExtensionResult([.text(#"{"a":1}"#)]))
        expectEqual(ResultParsing.call(["isError": true]), ExtensionResult([], isError: true))
        expectEqual(ResultParsing.call(["content": "x"]), nil)
        expectEqual(ResultParsing.prompt(["messages": 7]), nil)
        expectEqual(ResultParsing.resource(7), nil)
    }

    @Test func whoseRoleAPromptsMessageHasIsNotLookedAt() {
        let answer: JSON = [
            "messages": [
                ["role": "assistant", "content": ["type": "text", "text": "a"]],
                ["role": "user", "content": [["type": "text", "text": "b"], ["type": "text", "text": "c"]]], 7,
            ]
        ]
        expectEqual(ResultParsing.prompt(answer)?.parts, [.text("a"), .text("b"), .text("c")])
    }

    // MARK: Questions

    @Test func questionsAreForms() {
        let schema: JSON = ["type": "object", "properties": ["a": ["type": "string"]]]
        expectEqual(
            Elicitation.question(["message": "m", "requestedSchema": schema], from: "s"),
            ExtensionQuestion(server: "s", message: "m", form: .fields(schema)))
        expectEqual(
            Elicitation.question(["mode": "url", "message": "m", "url": "https://x.example/?a=1"], from: "s"),
            ExtensionQuestion(server: "s", message: "m", form: .address("https://x.example/?a=1")))
        let none: [JSON] = [
            .null, [:], ["message": "m"], ["message": "m", "requestedSchema": 7], ["requestedSchema": schema],
            ["mode": "url", "message": "m", "url": "javascript:alert(1)"], ["mode": "url", "message": "m"],
            ["mode": "dance", "message": "m", "requestedSchema": schema],
            ["message": .string(String(repeating: "x", count: 20_000)), "requestedSchema": schema],
        ]
        for params in none { expectEqual(Elicitation.question(params, from: "s"), nil, params.text) }
    }

    @Test func answersThatAskAreRead() {
        expectEqual(InputRequired.read(["content": []]), .complete)
        expectEqual(InputRequired.read(["resultType": "complete"]), .complete)
        expectEqual(
            InputRequired.read([
                "resultType": "input_required", "requestState": "",
                "inputRequests": ["k": ["method": "elicitation/create", "params": ["message": "m"]]],
            ]),
            .required(InputRequired(requests: [(key: "k", params: ["message": "m"])], state: "")))
        let refused: [JSON] = [
            ["resultType": "task"], ["resultType": 7], ["resultType": "input_required"],
            ["resultType": "input_required", "inputRequests": ["k": ["method": "sampling/createMessage"]]],
            ["resultType": "input_required", "inputRequests": ["k": 7]],
            [
                "resultType": "input_required",
                "inputRequests": .object(
                    JSONObject(members: (0..<9).map { ("k\($0)", ["method": "elicitation/create"]) })),
            ],
        ]
        for answer in refused {
            if case .refused = InputRequired.read(answer) {} else { Issue.record("\(answer)") }
        }
    }

    // MARK: Headers

    @Test func headersHoldAnyValue() {
        let values: [(JSON, String?)] = [
            ("us-west1", "us-west1"), ("", ""), (" a", "=?base64?IGE=?="), ("a\n", "=?base64?YQo=?="),
            ("é", "=?base64?w6k=?="), ("=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="), (true, "true"),
            (42, "42"), (42.0, "42"), (.null, nil), ([1], nil), (1.5, nil),
        ]
        for (value, header) in values { expectEqual(HeaderValues.encode(argument: value), header, value.text) }
    }

    @Test func argumentsForHeadersAreFoundInTheSchema() throws {
        let schema: JSON = [
            "type": "object",
            "properties": [
                "region": ["type": "string", "x-mcp-header": "Region"],
                "at": ["type": "object", "properties": ["hour": ["type": "integer", "x-mcp-header": "Hour"]]],
                "plain": ["type": "string"],
            ],
        ]
        let arguments = try #require(HeaderArguments(schema: schema))
        expectEqual(arguments.paths, ["Mcp-Param-Region": ["region"], "Mcp-Param-Hour": ["at", "hour"]])
        let headers = arguments.headers(for: ["region": "eu", "at": ["hour": 3]])
        expectEqual(headers.map { "\($0.name)=\($0.value)" }, ["Mcp-Param-Hour=3", "Mcp-Param-Region=eu"])
        expectEqual(arguments.headers(for: .null).count, 0)
        expectEqual(HeaderArguments(schema: 7)?.paths, [:])
    }

    @Test func invalidAnnotationsLeaveAToolOut() {
        func property(_ property: JSON, _ name: String = "a") -> JSON { ["properties": [name: property]] }
        let schemas: [JSON] = [
            property(["type": "string", "x-mcp-header": ""]), property(["type": "string", "x-mcp-header": "a b"]),
            property(["type": "string", "x-mcp-header": 7]), property(["type": "number", "x-mcp-header": "A"]),
            property(["type": ["string", "null"], "x-mcp-header": "A"]), property(["x-mcp-header": "A"]),
            property(["type": "array", "items": ["type": "string", "x-mcp-header": "A"]]),
            ["anyOf": [["properties": ["a": ["type": "string", "x-mcp-header": "A"]]]]],
            ["$defs": ["a": ["type": "string", "x-mcp-header": "A"]]], ["x-mcp-header": "A"],
            [
                "properties": [
                    "a": ["type": "string", "x-mcp-header": "A"], "b": ["type": "string", "x-mcp-header": "a"],
                ]
            ],
        ]
        for schema in schemas { expectEqual(HeaderArguments(schema: schema), nil, schema.text) }
    }

    // MARK: Restarts

    @Test func aProgramThatEndsAgainAndAgainIsGivenUp() {
        var restarts = ServerRestarts()
        var now = LoopInstant(nanoseconds: 0)
        expectEqual(restarts.delay(at: now), .zero)
        for pause in [500, 1_000, 2_000, 4_000] {
            restarts.ended(at: now)
            expectEqual(restarts.delay(at: now), .milliseconds(pause))
            expectEqual(restarts.isFailed, false)
            now = now.advanced(by: .milliseconds(pause))
            expectEqual(restarts.delay(at: now), .zero)
        }
        restarts.ended(at: now)
        expectEqual(restarts.isFailed, true)
        restarts.reset()
        expectEqual(restarts, ServerRestarts())
        // Four in ten minutes, for days.
        for minute in 0..<100 {
            restarts.ended(at: now.advanced(by: .seconds(Double(minute) * 160)))
            expectEqual(restarts.isFailed, false)
        }
    }
}
