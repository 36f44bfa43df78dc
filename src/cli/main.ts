// Entry of the command `switchgear`: one file per sub-command.
process.stdout.write("switchgear\n");
