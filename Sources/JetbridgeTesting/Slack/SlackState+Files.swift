internal import JSON

extension SlackState {
    func fileJSON(_ id: String) -> JSON { ["id": .string(id)] }
}
