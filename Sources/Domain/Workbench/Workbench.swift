/// What people and models do in a workspace: commands, jobs, snapshots, files.
enum Workbench {}
