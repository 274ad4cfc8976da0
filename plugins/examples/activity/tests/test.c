// Runs the tools natively, against answers as the Activity app's documentation describes them.

#include <stdio.h>

#include "host.h"

int main(void) {
    bool failed;
    // An activity is told by the fields that help, absent ones left out.
    answer(200, "{\"ocs\":{\"meta\":{},\"data\":[{\"activity_id\":7,\"datetime\":\"2026-11-20T12:49:31+00:00\",\"app\":\"files\","
                "\"type\":\"file_created\",\"user\":\"bob\",\"subject\":\"bob created \\\"a\\\"\\n\",\"message\":null,"
                "\"subject_rich\":[\"{user} created {file}\",[]],\"object_id\":23,\"object_name\":\"\\/a\",\"link\":\"\",\"icon\":\"x\"}]}}");
    expect(call("list_activities", "{\"by\":\"others\",\"limit\":1}", &failed),
           "{\"activities\":[{\"id\":7,\"when\":\"2026-11-20T12:49:31+00:00\",\"what\":\"bob created \\u0022a\\u0022\\u000a\","
           "\"who\":\"bob\",\"app\":\"files\",\"object\":\"/a\"}],\"next\":7}");
    expect(sent, "/ocs/v2.php/apps/activity/api/v2/activity/by?limit=1");

    // The end of the stream is no failure.
    answer(304, "");
    expect(call("list_activities", "{\"before\":7}", &failed), "{\"activities\":[]}");
    expect(sent, "/ocs/v2.php/apps/activity/api/v2/activity/all?limit=20&since=7");
    answer(204, "");
    expect(call("list_activities", "{}", &failed), "{\"activities\":[]}");

    // What is not understood is an error.
    const char *bodies[] = {"", "{}", "{\"ocs\":{\"data\":{}}}", "{\"ocs\":{\"data\":[{\"activity_id\":\"7\"}]}}", "[[[", "{\"ocs\":"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        answer(200, bodies[i]);
        call("list_activities", "{}", &failed);
        expect(failed ? "failed" : bodies[i], "failed");
    }

    // A status is said in words.
    answer(403, "{}");
    expect(call("list_activities", "{}", &failed), "Nextcloud does not allow this user the activity stream.");
    // And so is no answer at all.
    expect(call("list_activities", "{}", &failed), "Nextcloud did not answer in time.");
    puts("all tests passed");
}
