internal import EventLoop
internal import Glibc
internal import JSON
internal import Lifecycle

/// What the command line knows of tasks while no host answers: the lists as they were read, and the changes that wait to be
/// sent. A file below the data directory, which several commands may change at the same time.
struct TaskCache: Sendable {
    /// A change that waits.
    struct Entry: Sendable {
        /// Sent with it, so that it is carried out once.
        let key: String
        let repository: String
        /// Its id; `+1` and so on for a task that was added here.
        var task: String
        /// Nil adds the task.
        let base: String?
        let body: JSONObject
        /// The task as it was when the change was made; null for a new one.
        let before: JSON

        var isNew: Bool { self.before.isNull }

        var json: JSON {
            [
                "key": .string(self.key), "repository": .string(self.repository), "task": .string(self.task),
                "base": self.base.map { .string($0) } ?? .null, "body": .object(self.body), "before": self.before,
            ]
        }
    }

    struct State: Sendable {
        /// The tasks of a repository as the API lists them; `""` is the default one.
        var lists: [String: [JSON]] = [:]
        var queue: [Entry] = []

        /// A list with what waits, as if it had been sent.
        func tasks(of repository: String) -> [JSON] {
            var tasks = self.lists[repository] ?? []
            for entry in self.queue where entry.repository == repository {
                if let index = tasks.firstIndex(where: { $0["id"]?.stringValue == entry.task }) {
                    tasks[index] = Self.applied(entry, to: tasks[index])
                } else if entry.isNew {
                    let new: JSON = [
                        "id": .string(entry.task), "repository": .string(repository), "state": "open", "owner": .null,
                        "labels": [],
                    ]
                    tasks.append(Self.applied(entry, to: new))
                }
            }
            return tasks
        }

        /// Takes over a task as a host answered it, into a list that was read before.
        mutating func remember(_ task: JSON, of repository: String) {
            guard var tasks = self.lists[repository], let id = task["id"]?.stringValue else { return }
            if let index = tasks.firstIndex(where: { $0["id"]?.stringValue == id }) {
                tasks[index] = task
            } else {
                tasks.append(task)
            }
            self.lists[repository] = tasks
        }

        /// The task that somebody names.
        func task(_ id: String, of repository: String) -> JSON? {
            let tasks = self.tasks(of: repository)
            return tasks.first { $0["id"]?.stringValue == id }
                ?? tasks.first { $0["id"]?.stringValue?.lowercased() == id.lowercased() }
        }

        private static func applied(_ entry: Entry, to task: JSON) -> JSON {
            guard var object = task.objectValue else { return task }
            for name in ["state", "owner", "text", "labels"] {
                if let value = entry.body[name] { object[name] = value }
            }
            object["waiting"] = true
            return .object(object)
        }
    }

    private let path: String

    init(_ directory: DataDirectory) { self.path = directory.path(of: "tasks.json") }

    func read() throws -> State {
        var state = State()
        guard let bytes = PrivateFile.read(self.path, limit: 256 << 20)?.bytes else { return state }
        guard let json = try? JSON.parse(bytes) else {
            throw CommandFailure("\(self.path) is damaged: move it away; it has the changes that were not sent")
        }
        for member in json["lists"]?.objectValue ?? [:] { state.lists[member.key] = member.value.arrayValue ?? [] }
        state.queue = json["queue"]?.arrayValue?.compactMap(Entry.init) ?? []
        return state
    }

    /// Changes the file, and returns once that is on the disk. Others wait meanwhile.
    func update<Result>(_ body: (inout State) throws -> Result) throws -> Result {
        let lock = open(self.path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw CommandFailure("\(self.path) cannot be written: look at the folder's owner and free space")
        }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0, errno == EINTR {}
        var state = try self.read()
        let result = try body(&state)
        let lists = JSONObject(members: state.lists.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value)) })
        let json: JSON = ["lists": .object(lists), "queue": .array(state.queue.map(\.json))]
        try PrivateFile.write(json.bytes, to: self.path)
        return result
    }
}

extension TaskCache.Entry {
    fileprivate init?(_ json: JSON) {
        guard let key = json["key"]?.stringValue, let repository = json["repository"]?.stringValue,
            let task = json["task"]?.stringValue, let body = json["body"]?.objectValue
        else { return nil }
        self.init(
            key: key, repository: repository, task: task, base: json["base"]?.stringValue, body: body,
            before: json["before"] ?? .null)
    }
}
