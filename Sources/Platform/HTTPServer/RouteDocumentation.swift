package import HTTP
package import JSON

/// What an OpenAPI document says about a route. A route without it is not in the document.
package struct RouteDocumentation: Sendable {
    /// A parameter of path, query or header; those of the path that are not listed are texts.
    package struct Parameter: Sendable {
        package enum Place: String, Sendable {
            case path
            case query
            case header
        }

        package let name: String
        package let place: Place
        package let isRequired: Bool
        package let schema: JSON
        package let text: String

        package init(
            _ place: Place, _ name: String, _ text: String, schema: JSON = ["type": "string"], isRequired: Bool? = nil
        ) {
            self.name = name
            self.place = place
            self.isRequired = isRequired ?? (place == .path)
            self.schema = schema
            self.text = text
        }
    }

    /// An answer that the route gives.
    package struct Answer: Sendable {
        package let status: HTTPStatus
        package let text: String
        package let type: MediaType
        /// `nil`: no body is described.
        package let schema: JSON?

        package init(_ status: HTTPStatus, _ text: String, type: MediaType = .json, schema: JSON? = nil) {
            self.status = status
            self.text = text
            self.type = type
            self.schema = schema
        }
    }

    /// One short line.
    package var summary: String
    /// A name for generated clients, unique in the document.
    package var operation: String
    package var tags: [String] = []
    package var parameters: [Parameter] = []
    /// The schema of a JSON body; `nil` for a request without one.
    package var request: JSON?
    package var answers: [Answer] = []
    /// Whether it answers without a credential.
    package var isOpen = false

    package init(
        _ summary: String, operation: String, tags: [String] = [], parameters: [Parameter] = [], request: JSON? = nil,
        answers: [Answer] = [], isOpen: Bool = false
    ) {
        self.summary = summary
        self.operation = operation
        self.tags = tags
        self.parameters = parameters
        self.request = request
        self.answers = answers
        self.isOpen = isOpen
    }
}
