internal import HTTP
internal import HTTPServer

/// A call of an operation as docs/api-reference.md shows it, and as a test makes it: one for each operation, in an order in which
/// they work. Words in capitals stand for what earlier answers contained.
package struct APIExample: Sendable {
    package let operation: String
    /// Those of the pattern, in order.
    private let values: [String]
    private let query: String
    private let body: String?
    /// Further options of curl.
    private let options: [String]
    package let status: Int
    /// Words, and where their values are in the answer, such as `items.0.id`.
    package let captures: [String: String]

    private init(
        _ operation: String, _ values: String..., query: String = "", body: String? = nil, options: [String] = [],
        status: Int = 200, captures: [String: String] = [:]
    ) {
        self.operation = operation
        self.values = values
        self.query = query
        self.body = body
        self.options = options
        self.status = status
        self.captures = captures
    }

    /// With the host's address in `B`, and in `A` the header with a token.
    package var command: String {
        guard let route = APITable.routes.first(where: { $0.operation == self.operation }) else { return "" }
        var words = ["curl -s"] + self.options
        if case .scopes = route.access { words.append(#"-H "$A""#) }
        if route.method != .get { words.append("-X \(route.method.rawValue)") }
        if let body = self.body { words.append("-H 'Content-Type: application/json' -d '\(body)'") }
        var path = ""
        var values = self.values[...]
        for part in route.pattern.split(separator: "/") {
            path += "/" + (part.hasPrefix("{") ? values.popFirst() ?? "" : String(part))
        }
        words.append(self.query.isEmpty ? "$B\(path)" : "\"$B\(path)?\(self.query)\"")
        return words.joined(separator: " ")
    }

    package static let all: [APIExample] = [
        Self("health"), Self("readiness"), Self("metrics"), Self("openapi"), Self("signInMethods"),
        Self("signIn", body: #"{"code":"CODE"}"#, status: 204),
        Self("githubSignIn", query: "next=/", status: 404),
        Self("githubSignInCallback", query: "code=x&state=y", status: 404),
        Self("oidcSignIn", query: "next=/", status: 404),
        Self("oidcSignInCallback", query: "code=x&state=y", status: 404),
        Self("me"), Self("getSettings"),
        Self("changeSettings", body: #"{"instructions":"Answer briefly."}"#),
        Self("createThread", options: ["-H 'Idempotency-Key: 1f0b'"], status: 201, captures: ["THREAD": "id"]),
        Self(
            "postMessage", "THREAD", body: #"{"text":"Say hello"}"#, options: ["-H 'Idempotency-Key: 1f0c'"],
            status: 202,
            captures: ["OPERATION": "operation_id"]),
        Self("getOperation", "OPERATION"), Self("stopOperation", "OPERATION", status: 202),
        Self("getThread", "THREAD"), Self("listThreads", query: "limit=2&q=hello"),
        Self("listMessages", "THREAD", query: "limit=2", captures: ["MESSAGE": "items.1.id"]),
        Self("changeThread", "THREAD", body: #"{"title":"Login page","pinned":true}"#),
        Self(
            "uploadFile", "THREAD", query: "name=data.csv",
            options: ["-H 'Content-Type: application/octet-stream'", "--data-binary '1,2'"], status: 201),
        Self(
            "createShare", "THREAD", body: #"{"with":"host","role":"join","expires":"7d"}"#, status: 201,
            captures: ["SHARE": "id"]),
        Self("listShares", "THREAD"), Self("endShare", "THREAD", "SHARE", status: 204),
        Self("getMessageFile", "THREAD", "MESSAGE", "1", status: 404),
        Self("exportThread", "THREAD", query: "format=markdown"), Self("listSteps", "THREAD"),
        Self("listJobs", "THREAD"), Self("listFiles", "THREAD"), Self("getDiff", "THREAD"),
        Self("listSnapshots", "THREAD"), Self("getFeature", "THREAD", captures: ["DOCUMENT": "documents.0.path"]),
        Self("getFeatureDocument", "THREAD", query: "path=DOCUMENT"),
        Self("getFeatureDiff", "THREAD", query: "path=DOCUMENT&from=SHA&to=SHA"),
        Self("getCommitFiles", "notes", "SHA"),
        Self("findDocuments", query: "q=login"),
        Self("openDocument", body: #"{"repository":"notes","branch":"main","path":"docs/Notes.md"}"#),
        Self("listDocuments", "THREAD"), Self("getDocument", "THREAD", "DOCUMENT"),
        Self(
            "saveDocument", "THREAD", "docs/Notes.md",
            body: #"{"text":"Notes on the page","message":"Begin the notes"}"#),
        Self("editDocument", "THREAD", "docs/Notes.md", status: 426),
        Self(
            "createComment", "THREAD", "docs/Notes.md", body: #"{"text":"Which page?","quote":"the page"}"#,
            status: 201, captures: ["NUMBER": "number"]),
        Self("listComments", "THREAD", "docs/Notes.md"),
        Self("resolveComment", "THREAD", "docs/Notes.md", query: "number=NUMBER", status: 204),
        Self(
            "createTask", body: #"{"repository":"notes","text":"Write the login page","labels":["web"]}"#, status: 201,
            captures: ["ITEM": "id"]),
        Self("listTasks", query: "repository=notes&state=open"), Self("getTask", "notes", "ITEM"),
        Self("listTaskFeatures", query: "repository=notes"),
        Self("changeTask", "notes", "ITEM", body: #"{"state":"started"}"#),
        Self("analytics", query: "by=day,model"),
        Self("listAsks", "THREAD"), Self("listWaitingAsks", captures: ["ASK": "items.0.id"]),
        Self("answerAsk", "ASK", body: #"{"answer":"no","text":"not on a Friday"}"#),
        Self(
            "createSchedule", body: #"{"thread_id":"THREAD","schedule":"every weekday 09:00","text":"What is new?"}"#,
            status: 201, captures: ["SCHEDULE": "id"]),
        Self("listSchedules"), Self("changeSchedule", "SCHEDULE", body: #"{"zone":"Europe/Berlin"}"#),
        Self("cancelSchedule", "SCHEDULE", status: 204),
        Self("listMentions"), Self("seeMention", "1", status: 404), Self("listNames"),
        Self("rateOperation", "OPERATION", body: #"{"value":"up","word":"short and right"}"#, status: 204),
        Self("listRatings", query: "limit=1"),
        Self("remember", body: #"{"text":"I use tabs"}"#, status: 201, captures: ["NOTE": "id"]),
        Self("listMemory"), Self("changeMemory", "NOTE", body: #"{"text":"I use two spaces"}"#),
        Self("forget", "NOTE", status: 204),
        Self("listPushSubscriptions"),
        Self(
            "subscribePush",
            body:
                #"{"endpoint":"https://push.example.org/s/1","keys":{"p256dh":"BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8","auth":"DGv6ra1nlYgDCS1FRnbzlw"}}"#,
            status: 201, captures: ["PUSH": "id"]),
        Self("unsubscribePush", "PUSH", status: 204),
        Self("models"), Self("personas"), Self("usage"), Self("repositories"), Self("commands"),
        Self("listSessions", query: "limit=2"),
        Self("listAudit", query: "limit=2"), Self("listHosts"), Self("listPeople"),
        Self(
            "invite", body: #"{"role":"guest","name":"Grace","expires":"7d"}"#, status: 201, captures: ["INVITE": "id"]),
        Self("endInvite", "INVITE", status: 204), Self("addBrowser", "PERSON", status: 201),
        Self("changePerson", "PERSON", body: #"{"role":"guest"}"#), Self("removePerson", "PERSON", status: 204),
        Self("revokeCredential", "CREDENTIAL", status: 204),
        Self("listHooks"), Self("testHook", "ci", captures: ["DELIVERY": "id"]),
        Self("listHookDeliveries", "ci", query: "limit=2"), Self("resendHookDelivery", "ci", "DELIVERY"),
        Self("live", status: 426),
        Self("graphql", body: #"{"query":"{ viewer { name } threads(first: 2) { nodes { title } } }"}"#),
        Self("graphqlSchema"), Self("events", options: ["-N", "--max-time 1"]),
        Self("viewRepository", "notes"), Self("viewCommit", "notes", "SHA"),
        Self("viewCommits", "notes", "main"),
        Self("viewFile", "notes", "SHA", "DOCUMENT"), Self("downloadFile", "notes", "SHA", "DOCUMENT"),
        Self("viewRoot", "notes", "SHA"), Self("viewFolder", "notes", "SHA", "specs"), Self("viewDiff", "THREAD"),
        Self("viewAnswer", "MESSAGE"), Self("deleteThread", "THREAD", status: 204), Self("signOut", status: 409),
    ]
}
