package import HTTP
package import JSON

/// A route's entry in the OpenAPI document. Routes without one are omitted.
package struct RouteDocumentation: Sendable {
    /// A path, query or header parameter; unlisted path parameters are strings.
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

    package struct Answer: Sendable {
        package let status: HTTPStatus
        package let text: String
        package let type: MediaType
        /// `nil` if no body is documented.
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
    /// The operation ID for generated clients, unique in the document.
    package var operation: String
    package var tags: [String] = []
    package var parameters: [Parameter] = []
    /// The schema of the body; `nil` for a request without one.
    package var request: JSON?
    package var requestType = MediaType.json
    package var answers: [Answer] = []
    /// Whether the route needs no credential.
    package var isOpen = false
    /// Further members of the operation, whose names begin with `x-`.
    package var extensions = JSONObject()

    package init(
        _ summary: String, operation: String, tags: [String] = [], parameters: [Parameter] = [], request: JSON? = nil,
        requestType: MediaType = .json, answers: [Answer] = [], isOpen: Bool = false
    ) {
        self.summary = summary
        self.operation = operation
        self.tags = tags
        self.parameters = parameters
        self.request = request
        self.requestType = requestType
        self.answers = answers
        self.isOpen = isOpen
    }
}
