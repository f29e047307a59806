package import HTTP
internal import HTTPServer
package import JSON

/// Sign-ins at the servers of extensions, as the gateway's routes need them.
package struct ExtensionSignIns: Sendable {
    package struct Result: Sendable {
        package let isDone: Bool
        package let text: String

        package init(isDone: Bool, text: String) {
            self.isDone = isDone
            self.text = text
        }
    }

    /// Ends a sign-in at the named extension with what its authorization server sent back; nil if there is no such one.
    package var finish: @Sendable (_ name: String, _ answer: HTTPQuery) async -> Result?
    /// The document whose address is the host's client id there; nil if there is no such one.
    package var document: @Sendable (_ name: String) -> JSON?

    package init(
        finish: @escaping @Sendable (_ name: String, _ answer: HTTPQuery) async -> Result?,
        document: @escaping @Sendable (_ name: String) -> JSON?
    ) {
        self.finish = finish
        self.document = document
    }
}

/// Where the authorization servers of extensions lead back to. Open: an owner may come from a network where they have no
/// browser session here, and the state in the address is a secret of 256 bits that works once.
struct ExtensionSignInRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            method: .get, pattern: "/api/v1/extensions/{name}/callback", operation: "extensionSignInCallback",
            summary: "", access: .open, answers: [], isPage: true, isHidden: true
        ) { context, request in try await Self(context: context).finish(request) },
        APIRoute(
            method: .get, pattern: "/api/v1/extensions/{name}/client", operation: "extensionClient", summary: "",
            access: .open, answers: [], isHidden: true
        ) { context, request in
            guard let document = context.settings.extensionSignIns?.document(request.parameter("name")) else {
                throw Problems.missing("extension")
            }
            return HTTPServerResponse(.ok, .json, bytes: document.bytes)
        },
    ]

    private func finish(_ request: APIRequest) async throws -> HTTPServerResponse {
        guard
            let result = await self.context.settings.extensionSignIns?
                .finish(request.parameter("name"), request.http.query)
        else { throw Problems.missing("extension") }
        let page = ViewerLayout(theme: Front.theme(of: request.http)).notice(
            title: result.isDone ? "Signed in" : "The sign-in failed", text: result.text,
            link: .init(title: "Go to Jetbridge", path: "/"))
        var response = HTTPServerResponse(result.isDone ? .ok : .badRequest, .html, bytes: page.utf8)
        response.headers["Content-Security-Policy"] = SecurityHeaders.viewerPolicy
        // The address has the code.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response
    }
}
