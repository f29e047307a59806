internal import HTTP
internal import HTTPServer
internal import JSON
internal import Models

/// Checks a chat request against the rules of OpenAI's API and answers with its exact error texts.
struct ModelRequestCheck {
    /// An error with OpenAI's error object.
    struct Refusal: Error {
        var status: HTTPStatus = 400
        var message: String
        var type = "invalid_request_error"
        var parameter: String?
        var code: String?
        var retryAfter: String?

        var response: HTTPServerResponse {
            let error: JSON = [
                "message": .string(self.message), "type": .string(self.type),
                "param": self.parameter.map { .string($0) } ?? .null, "code": self.code.map { .string($0) } ?? .null,
            ]
            var response = HTTPServerResponse.json(["error": error], self.status)
            if let retryAfter = self.retryAfter { response.headers.append("Retry-After", retryAfter) }
            return response
        }
    }

    private static let parameters: Set<String> = [
        "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
        "max_tokens", "messages", "metadata", "modalities", "model", "n", "parallel_tool_calls", "prediction",
        "presence_penalty", "prompt_cache_key", "reasoning_effort", "response_format", "safety_identifier", "seed",
        "service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools",
        "top_logprobs",
        "top_p", "user", "verbosity", "web_search_options",
    ]

    private static let roles = ["system", "assistant", "user", "function", "tool", "developer"]

    static func read(_ body: [UInt8], contentType: String, key: String?) throws(Refusal) -> ModelServerRequest {
        guard MediaType(parsing: contentType)?.isJSON ?? false else {
            throw Refusal(
                message: "Unsupported content type: '\(contentType)'. This API method only accepts 'application/json' "
                    + "requests, but you specified the header 'Content-Type: \(contentType)'. Please try again with a "
                    + "supported content type.", code: "unsupported_content_type")
        }
        guard let json = try? JSON.parse(body), case .object(let object) = json else {
            throw Refusal(
                message:
                    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your "
                    + "HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid "
                    + "JSON.)")
        }
        if let unknown = object.keys.first(where: { !self.parameters.contains($0) }) {
            throw Refusal(
                message: "Unrecognized request argument supplied: \(unknown)", parameter: unknown,
                code: "unknown_parameter")
        }
        guard let model = json["model"]?.stringValue, !model.isEmpty else {
            throw Refusal(message: "you must provide a model parameter")
        }
        let isStreamed = try self.flag(json["stream"], name: "stream")
        if let options = json["stream_options"], !options.isNull, !isStreamed {
            throw Refusal(
                message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                parameter: "stream_options")
        }
        try self.checkNumbers(json)
        return ModelServerRequest(
            model: model, messages: try self.messages(json["messages"], model: model), isStreamed: isStreamed,
            includesUsage: try self.flag(
                json["stream_options"]?["include_usage"], name: "stream_options.include_usage"),
            outputLimit: json["max_completion_tokens"]?.intValue ?? json["max_tokens"]?.intValue, key: key, body: body)
    }

    private static func flag(_ value: JSON?, name: String) throws(Refusal) -> Bool {
        guard let value, !value.isNull else { return false }
        guard let flag = value.boolValue else {
            throw self.wrongType(name, expected: "a boolean", got: value)
        }
        return flag
    }

    private static func checkNumbers(_ json: JSON) throws(Refusal) {
        for (name, range) in [("temperature", 0.0...2.0), ("top_p", 0.0...1.0)] {
            guard let value = json[name], !value.isNull else { continue }
            guard let number = value.doubleValue else { throw self.wrongType(name, expected: "a decimal", got: value) }
            guard range.contains(number) else {
                throw Refusal(
                    message:
                        "Invalid '\(name)': decimal out of range. Expected a value between \(range.lowerBound) and "
                        + "\(range.upperBound).", parameter: name, code: "decimal_out_of_range")
            }
        }
        for name in ["max_tokens", "max_completion_tokens", "n"] {
            guard let value = json[name], !value.isNull else { continue }
            guard let number = value.intValue else { throw self.wrongType(name, expected: "an integer", got: value) }
            guard number >= 1 else {
                throw Refusal(
                    message: "Invalid '\(name)': integer below minimum value. Expected a value >= 1, but got \(number) "
                        + "instead.", parameter: name, code: "integer_below_min_value")
            }
        }
    }

    private static func messages(_ value: JSON?, model: String) throws(Refusal) -> [ModelServerRequest.Message] {
        guard let value else {
            throw Refusal(
                message: "Missing required parameter: 'messages'.", parameter: "messages",
                code: "missing_required_parameter")
        }
        guard let entries = value.arrayValue else {
            throw self.wrongType("messages", expected: "an array of objects", got: value)
        }
        guard !entries.isEmpty else {
            throw Refusal(
                message:
                    "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array "
                    + "instead.", parameter: "messages", code: "empty_array")
        }
        var messages: [ModelServerRequest.Message] = []
        for (index, entry) in entries.enumerated() { messages.append(try self.message(entry, at: index)) }
        if messages.contains(where: { !$0.images.isEmpty }), !ModelLimits.takesImages(model) {
            throw Refusal(message: "Invalid content type. image_url is only supported by certain models.")
        }
        return messages
    }

    private static func message(_ entry: JSON, at index: Int) throws(Refusal) -> ModelServerRequest.Message {
        let name = "messages[\(index)]"
        guard case .object = entry else { throw self.wrongType(name, expected: "an object", got: entry) }
        guard let role = entry["role"]?.stringValue else { throw self.missing("\(name).role") }
        guard self.roles.contains(role) else {
            throw Refusal(
                message: "Invalid value: '\(role)'. Supported values are: 'system', 'assistant', 'user', 'function', "
                    + "'tool', and 'developer'.", parameter: "\(name).role", code: "invalid_value")
        }
        if role == "tool", entry["tool_call_id"]?.stringValue == nil { throw self.missing("\(name).tool_call_id") }
        switch entry["content"] {
        case .string(let text): return ModelServerRequest.Message(role: role, text: text)
        case .array(let parts):
            let text = parts.compactMap { $0["text"]?.stringValue ?? $0["refusal"]?.stringValue }.joined()
            return ModelServerRequest.Message(role: role, text: text, images: try self.images(parts, name))
        case nil, .null:
            // Only an assistant message with tool calls may have no content.
            if role == "assistant", entry["tool_calls"]?.arrayValue?.isEmpty == false {
                return ModelServerRequest.Message(role: role, text: "")
            }
            throw Refusal(
                message: "Invalid value for 'content': expected a string, got null.", parameter: "\(name).content")
        case let other?:
            throw self.wrongType("\(name).content", expected: "one of a string or array of objects", got: other)
        }
    }

    private static func images(_ parts: [JSON], _ name: String) throws(Refusal) -> [String] {
        var images: [String] = []
        for part in parts where part["type"]?.stringValue == "image_url" {
            guard let url = part["image_url"]?["url"]?.stringValue, url.hasPrefix("data:image/") else {
                throw Refusal(
                    message: "Invalid image data: expected a data URL.", parameter: "\(name).content",
                    code: "invalid_image_url")
            }
            images.append(url)
        }
        return images
    }

    private static func missing(_ name: String) -> Refusal {
        Refusal(
            message: "Missing required parameter: '\(name)'.", parameter: name, code: "missing_required_parameter")
    }

    private static func wrongType(_ name: String, expected: String, got value: JSON) -> Refusal {
        let kind =
            switch value {
            case .null: "null"
            case .bool: "a boolean"
            case .integer: "an integer"
            case .number: "a decimal"
            case .string: "a string"
            case .array: "an array"
            case .object: "an object"
            }
        return Refusal(
            message: "Invalid type for '\(name)': expected \(expected), but got \(kind) instead.", parameter: name,
            code: "invalid_type")
    }
}
