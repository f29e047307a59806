internal import HTTP
internal import HTTPServer
internal import JSON

extension APIRoute {
    /// The route as the server's table takes it.
    func route(front: Front) -> Route {
        Route(
            self.method, RoutePattern(self.pattern), bodyLimit: self.bodyLimit, documentation: self.documentation
        ) { request in
            try await front.answer(request, by: self)
        }
    }

    /// What the OpenAPI document says.
    private var documentation: RouteDocumentation? {
        guard !self.isHidden else { return nil }
        var isOpen = false
        if case .open = self.access { isOpen = true }
        return RouteDocumentation(
            self.summary, operation: self.operation,
            parameters: self.parameters.map { .init($0.place.documented, $0.name, $0.description, schema: $0.schema) },
            request: self.body.map(Schemas.reference), answers: self.documentedAnswers(isOpen: isOpen), isOpen: isOpen)
    }

    private func documentedAnswers(isOpen: Bool) -> [RouteDocumentation.Answer] {
        var answers = self.answers.map { answer -> RouteDocumentation.Answer in
            if answer.schema == "Problem" { return Self.problem(answer.status, answer.description) }
            let type = MediaType(parsing: answer.type) ?? .json
            let plain: JSON? = type.isJSON ? nil : ["type": "string"]
            return .init(
                answer.status, answer.description, type: type, schema: answer.schema.map(Schemas.reference) ?? plain)
        }
        guard !isOpen else { return answers }
        answers.append(Self.problem(.unauthorized, "No valid credential."))
        answers.append(Self.problem(.forbidden, "The credential may not."))
        answers.append(Self.problem(.tooManyRequests, "Too many requests; Retry-After tells when to come back."))
        return answers
    }

    private static func problem(_ status: HTTPStatus, _ text: String) -> RouteDocumentation.Answer {
        .init(status, text, type: .problem, schema: Schemas.reference("Problem"))
    }
}

extension APIRoute.Parameter.Place {
    fileprivate var documented: RouteDocumentation.Parameter.Place {
        switch self {
        case .query: .query
        case .header: .header
        }
    }
}
