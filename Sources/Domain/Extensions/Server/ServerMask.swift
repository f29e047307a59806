internal import HTTP
internal import JSON
internal import Logging
internal import Primitives

/// Hides the values that a server was configured with from what it says, whoever reads it.
struct ServerMask: Sendable {
    /// The members of a schema that are read and not compared.
    private static let prose: Set = ["description", "title", "default", "examples"]

    private let redactor: Redactor
    private let hasValues: Bool

    init(_ way: ExtensionSettings.Way) {
        var redactor = Redactor()
        switch way {
        case .program(_, let variables):
            self.hasValues = !variables.isEmpty
            for (name, value) in variables where !Self.isOrigin(name, value) { redactor.register(value) }
        case .remote(_, let headers):
            self.hasValues = !headers.isEmpty
            for value in headers.values {
                redactor.register(value)
                // What follows `Bearer` is the secret, also where a server repeats it alone.
                if let word = value.reveal().split(separator: " ").last { redactor.register(Secret(String(word))) }
            }
        }
        self.redactor = redactor
    }

    /// Whether a variable says where something is, and no more: results name that address in their links.
    private static func isOrigin(_ name: String, _ value: Secret) -> Bool {
        guard !SecretName.isSecret(name), let url = try? HTTPURL(value.reveal()) else { return false }
        return ["", "/"].contains(url.target) && !value.reveal().contains("@")
    }

    func text(_ text: String) -> String { self.redactor.redact(Redaction.redact(text)) }

    func result(_ result: ExtensionResult) -> ExtensionResult {
        var result = result
        for (index, part) in result.parts.enumerated() {
            switch part {
            case .text(let text): result.parts[index] = .text(self.text(text))
            case .link(let uri, let name): result.parts[index] = .link(uri: self.text(uri), name: self.text(name))
            case .image, .data: break
            }
        }
        return result
    }

    /// The words of a list, which may be long, so only the server's own values are looked for. Names stay as they are:
    /// tools are called by them.
    func offer(_ offer: ExtensionOffer) -> ExtensionOffer {
        guard self.hasValues else { return offer }
        var offer = offer
        offer.instructions = offer.instructions.map(self.redactor.redact)
        for index in offer.tools.indices {
            offer.tools[index].description = self.redactor.redact(offer.tools[index].description)
            offer.tools[index].schema = self.schema(offer.tools[index].schema)
        }
        for index in offer.prompts.indices {
            offer.prompts[index].description = self.redactor.redact(offer.prompts[index].description)
        }
        return offer
    }

    func resource(_ resource: ExtensionResource) -> ExtensionResource {
        var resource = resource
        resource.name = self.text(resource.name)
        return resource
    }

    /// Whoever a call is for gets its progress and questions without them. An address stays as it is, because it is
    /// opened.
    func caller(_ caller: ExtensionCaller) -> ExtensionCaller {
        var ask: (@Sendable (ExtensionQuestion) async -> ExtensionAnswer)?
        if let person = caller.ask { ask = { question in await person(self.question(question)) } }
        return ExtensionCaller(session: caller.session, workspace: caller.workspace, ask: ask) { progress in
            let message = progress.message.map(self.text)
            caller.progress(ExtensionProgress(done: progress.done, total: progress.total, message: message))
        }
    }

    private func question(_ question: ExtensionQuestion) -> ExtensionQuestion {
        let form: ExtensionQuestion.Form =
            switch question.form {
            case .fields(let schema): .fields(self.schema(schema))
            case .address: question.form
            }
        return ExtensionQuestion(server: question.server, message: self.text(question.message), form: form)
    }

    private func schema(_ value: JSON, isProse: Bool = false) -> JSON {
        switch value {
        case .string(let text): isProse ? .string(self.redactor.redact(text)) : value
        case .array(let values): .array(values.map { self.schema($0, isProse: isProse) })
        case .object(let members):
            .object(
                JSONObject(
                    members: members.map { key, value in
                        (key, self.schema(value, isProse: isProse || Self.prose.contains(key)))
                    }))
        default: value
        }
    }
}
