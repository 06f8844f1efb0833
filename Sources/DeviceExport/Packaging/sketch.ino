// Runs the self-test, then classifies an image again and again and says how long it takes.
#include <tally_model.h>
#include <tally_model_selftest.h>

static uint64_t arena[(TALLY_MODEL_ARENA_BYTES + 7) / 8];
static uint8_t pixels[TALLY_MODEL_WIDTH * TALLY_MODEL_HEIGHT * TALLY_MODEL_CHANNELS];
static tally_model_score scores[TALLY_MODEL_CLASSES];

void setup() {
  Serial.begin(115200);
  int wrong = tally_model_selftest(arena, pixels, scores);
  Serial.print("self-test, wrong images: ");
  Serial.println(wrong);
}

void loop() {
  tally_model_selftest_image(0, pixels);  // Here your camera's pixels go.
  unsigned long start = micros();
  int index = tally_model_classify(pixels, arena, scores);
  unsigned long end = micros();
  Serial.print(tally_model_class_name(index));
  Serial.print(" in microseconds: ");
  Serial.println(end - start);
  delay(1000);
}
