internal import JSON
internal import Primitives

/// The body of an answer that rejects a call.
struct GitHubRefusal: Sendable {
    /// As GitHub wrote it; not yet safe to show.
    let message: String
    /// `errors[]`, each as one text.
    let details: [String]
    /// The codes and types of `errors[]`, such as `already_exists` or `STALE_DATA`.
    let codes: Set<String>
    /// The kinds of the secrets that push protection found.
    let secrets: [String]
    let isJSON: Bool
    /// In lower case: all texts in which GitHub may say why.
    let all: String

    init(body: [UInt8]) {
        guard let json = try? JSON.parse(body), json.objectValue != nil else {
            let text = String(decoding: body.prefix(4_096), as: UTF8.self)
            let isPage = text.prefix(512).lowercased().contains("<html") || text.lowercased().contains("<!doctype")
            self.init(message: isPage ? "" : text, errors: [], secrets: [], isJSON: false)
            return
        }
        let found = json["metadata"]?["secret_scanning"]?["bypass_placeholders"]?.arrayValue ?? []
        self.init(
            message: json["message"]?.stringValue ?? json["error"]?.stringValue ?? "",
            errors: json["errors"]?.arrayValue ?? (json["errors"]?.stringValue).map { [.string($0)] } ?? [],
            secrets: found.compactMap { $0["token_type"]?.stringValue }, isJSON: true)
    }

    init(message: String, errors: [JSON], secrets: [String], isJSON: Bool) {
        self.message = message
        self.details = errors.prefix(20).compactMap(Self.text)
        self.codes = Set(
            errors.prefix(20).flatMap { error in
                [error["code"], error["type"], error["extensions"]?["code"]].compactMap { $0?.stringValue }
            })
        self.secrets = secrets
        self.isJSON = isJSON
        self.all = ([message] + self.details).joined(separator: "\n").lowercased()
    }

    /// GitHub's reason for people; empty where it gave none.
    var reason: String {
        let details = self.details.prefix(3).filter { WordSearch($0).firstPlace(in: self.message.utf8) == nil }
        let more = self.details.count > 3 ? ["and \(self.details.count - 3) more"] : []
        let message = self.message.hasPrefix("Validation Failed") && !details.isEmpty ? [] : [self.message]
        let text = GitHubText.line((message + details + more).filter { !$0.isEmpty }.joined(separator: "; "))
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// GitHub's reason in quotes, or nothing.
    var quotation: String { self.reason.isEmpty ? "" : ": “\(self.reason)”" }

    private static func text(_ error: JSON) -> String? {
        if let text = error.stringValue { return text }
        if let message = error["message"]?.stringValue, !message.isEmpty { return message }
        let names = [error["resource"], error["field"], error["code"]].compactMap { $0?.stringValue }
        return names.isEmpty ? nil : names.joined(separator: " ").replacing("_", with: " ")
    }
}
