internal import Compression
internal import Crypto
internal import HTTP
internal import HTTPServer

/// The pages and their files. They need no credential because they contain no data.
struct PageRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        Self.page("/", "page") { $0.index($1, running: .script) },
        Self.page("/tasks", "tasksPage") { $0.index($1, running: .tasks) },
        Self.page("/documents", "documentsPage") { $0.index($1, running: .documents) },
        Self.page("/analytics", "analyticsPage") { $0.index($1, running: .analytics) },
        Self.page("/people", "peoplePage") { $0.index($1, running: .people) },
        Self.page("/schedules", "schedulesPage") { $0.index($1, running: .schedules) },
        Self.page("/d/{place}/{path...}", "documentPage") { $0.index($1, running: .editor) },
        Self.page("/assets/icon.svg", "icon") { $0.fixed(.icon, $1) },
        Self.page("/assets/icon.png", "iconPicture") { $0.fixed(.iconPicture, $1) },
        Self.page("/manifest.webmanifest", "manifest") { $0.fixed(.manifest, $1) },
        Self.page("/sw.js", "serviceWorker") { $0.worker($1) },
        Self.page("/assets/{hash}/{name}", "asset") { try $0.asset($1) },
    ]

    private static func page(
        _ pattern: String, _ operation: String,
        _ handle: @escaping @Sendable (Self, APIRequest) throws -> HTTPServerResponse
    ) -> APIRoute {
        APIRoute(
            method: .get, pattern: pattern, operation: operation, summary: "", access: .open, answers: [],
            isHidden: true
        ) { context, request in try handle(Self(context: context), request) }
    }

    private func index(_ request: APIRequest, running script: WebAsset) -> HTTPServerResponse {
        let theme = Front.theme(of: request.http)
        let attribute = theme.map { " data-theme=\"\($0.rawValue)\"" } ?? ""
        // Whether it is still valid, the page asks.
        let cookie = Authenticator.cookie(isSecure: self.context.settings.isSecure)
        let signIn = HTTPCookie.value(of: cookie, in: request.http.headers) == nil ? "none" : "cookie"
        // Only the chat draws Markdown; the other pages have a style of their own besides the chat's.
        let more =
            script.name == WebAsset.script.name
            ? "<link rel=\"modulepreload\" href=\"\(WebAsset.markdown.path)\">"
            : "<link rel=\"stylesheet\" href=\"\(WebAsset.pagesStyle.path)\">"
        let text =
            Self.template.before + attribute
            + Self.template.after.replacing("@SIGN_IN@", with: signIn).replacing("@MORE@", with: more)
            .replacing("@SCRIPT@", with: script.path)
        var response = HTTPServerResponse(.ok, .html, bytes: Array(text.utf8))
        response.headers["Content-Security-Policy"] = SecurityHeaders.chatPolicy
        response.headers["Cache-Control"] = "no-cache"
        return response
    }

    /// The page, split where the theme attribute is inserted.
    private static let template: (before: String, after: String) = {
        let page = String(decoding: WebAsset.page.bytes, as: UTF8.self)
            .replacing("@STYLE@", with: WebAsset.style.path)
            .replacing("@HIGHLIGHTER@", with: WebAsset.highlighter.path)
            .replacing("@FORMULAS@", with: WebAsset.formulas.path)
        let parts = page.split(separator: "<html lang=\"en\"", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return (page, "") }
        return (parts[0] + "<html lang=\"en\"", parts[1])
    }()

    private func asset(_ request: APIRequest) throws -> HTTPServerResponse {
        let name = request.parameter("name")
        guard let asset = WebAsset.all.first(where: { $0.name == name && $0.hash == request.parameter("hash") }) else {
            throw Problems.missing("file")
        }
        return Self.response(asset, to: request, caching: "public, max-age=31536000, immutable")
    }

    /// A file whose address stays.
    private func fixed(_ asset: WebAsset, _ request: APIRequest) -> HTTPServerResponse {
        Self.response(asset, to: request, caching: "public, max-age=86400")
    }

    private func worker(_ request: APIRequest) -> HTTPServerResponse {
        var response = Self.response(.worker, to: request, caching: "no-cache")
        response.headers["Content-Security-Policy"] = SecurityHeaders.workerPolicy
        return response
    }

    private static func response(_ asset: WebAsset, to request: APIRequest, caching: String) -> HTTPServerResponse {
        let isCompressed = Representation.acceptsGzip(request.http.headers)
        let tag = isCompressed ? "\"\(asset.hash)-gzip\"" : "\"\(asset.hash)\""
        var response = HTTPServerResponse(
            .ok, headers: ["Content-Type": asset.type], body: .bytes(isCompressed ? asset.compressed : asset.bytes))
        if isCompressed { response.headers["Content-Encoding"] = "gzip" }
        if Representation.matches(tag, request.http.headers) { response = HTTPServerResponse(.notModified) }
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = caching
        return response
    }
}

/// A file of the web page, embedded at build time by `Plugins/EmbedWeb`.
struct WebAsset: Sendable {
    let name: String
    /// The media type.
    let type: String
    /// The first 16 hexadecimal digits of the content's SHA-256.
    let hash: String
    /// By gzip.
    let compressed: [UInt8]

    /// - Parameter compressed: in Base64.
    init(name: String, type: String, hash: String, compressed: String) {
        self.name = name
        self.type = type
        self.hash = hash
        self.compressed = Crypto.decodeBase64(compressed) ?? []
    }

    /// For the few clients that don't take gzip.
    var bytes: [UInt8] { (try? Gunzip.bytes(of: self.compressed)) ?? [] }

    /// `/assets/HASH/chat.js`; it changes with the content.
    var path: String { "/assets/\(self.hash)/\(self.name)" }

    /// The files served below `/assets`.
    static var all: [WebAsset] {
        [
            .script, .tasks, .documents, .analytics, .people, .schedules, .editor, .markdown, .highlighter, .push,
            .formulas,
            .formulasStyle, .style, .pagesStyle, .viewerScript, .viewerStyle, .icon,
        ] + Self.fonts
    }
}
