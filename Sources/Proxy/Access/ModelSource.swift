internal import HTTP

/// Where a request says which models it is about, for keys that are limited to some. Pure.
///
/// Only paths are listed whose model is certain: a key with models is refused all others, because one of them might
/// reach a model that its body does not name.
enum ModelSource: Equatable {
    /// The list of all models.
    case list
    /// One model, named by the path.
    case path(String)
    /// The member `model` of the body.
    case body

    /// Nil for any other request.
    ///
    /// - Parameter path: Without the proxy's prefix.
    init?(_ method: HTTPMethod, _ path: Substring) {
        let path = path.hasPrefix("/v1/") ? path.dropFirst(3) : path
        if method == .post, Self.bodyPaths.contains(String(path)) {
            self = .body
        } else if method == .get, path == "/models" {
            self = .list
        } else if method == .get, path.hasPrefix("/models/"),
            let model = PercentEncoding.decode(path.dropFirst("/models/".count))
        {
            self = .path(model)
        } else {
            return nil
        }
    }

    /// Those at which a model answers.
    static let bodyPaths: Set<String> = [
        "/chat/completions", "/completions", "/responses", "/embeddings", "/messages", "/messages/count_tokens",
    ]

    /// Whether every server reads the body as the JSON that its bytes are: as a form, or in another character set, the
    /// same bytes could name another model.
    static func isPlainJSON(_ headers: HTTPHeaders) -> Bool {
        let types = headers.values(of: "content-type")
        guard types.count == 1, let type = MediaType(parsing: types[0]), type.isJSON,
            type.parameters.allSatisfy({ $0.name != "charset" || $0.value.equalsIgnoringCase("utf-8") })
        else { return false }
        return headers.values(of: "content-encoding").allSatisfy { $0.equalsIgnoringCase("identity") }
    }
}
